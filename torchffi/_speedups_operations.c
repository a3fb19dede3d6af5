/* Operations by their tables, which torchffi/_core/operations.py documents. */
#include "_speedups.h"

PyObject *scalar_array(const struct state *self, PyObject *kind, PyObject *number) {
  PyObject *found = NULL, *type = (PyObject *)Py_TYPE(number);
  if ((PyFloat_CheckExact(number) || PyLong_CheckExact(number)) && PyObject_IsTrue(number) == 1) {
    PyObject *key = PyTuple_Pack(3, kind, type, number);
    found = key != NULL ? PyDict_GetItemWithError(self->scalars, key) : NULL;
    Py_XDECREF(key);
  }
  return found != NULL && (PyObject *)Py_TYPE(found) == kind ? array_of(self, found, kind) : NULL;
}

PyObject *operate(struct state *self, PyObject *table, int operands, PyObject *array,
                  PyObject *const *arguments, Py_ssize_t count) {
  PyObject *kind = (PyObject *)Py_TYPE(arguments[0]), *tensor = NULL, *result = NULL, *other = NULL;
  PyObject *entry = PyDict_GetItemWithError(table, kind);
  if (entry == NULL || count != 1 + operands) {
    return NULL;
  }
  if (count == 2) {
    other = (PyObject *)Py_TYPE(arguments[1]) == kind ? array_of(self, arguments[1], kind)
                                                      : scalar_array(self, kind, arguments[1]);
  }
  if (count == 1 || other != NULL) {
    PyObject *of = PyTuple_GetItem(entry, 1), *const all[] = {PyTuple_GetItem(entry, 2), array, other};
    result = compute(self, all, count + 1);
    if (result != NULL && fit(self, of, &result) == 0) {
      tensor = hold(self, of, result);
    }
  }
  Py_XDECREF(other);
  Py_XDECREF(result);
  return tensor;
}
