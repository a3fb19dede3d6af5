/* Operations of operands of one class, by their tables, which torchffi/_core/operations.py documents. */
#include <math.h>

#include "_speedups.h"

struct operation {
  FAST_HEAD
  PyObject *table;
  PyObject *numbers; /* see new_operation() */
  int operands;      /* one or two */
  int result;        /* what is returned: see new_operation() */
};

/* Whether a number is the only one with its key among the scalars: -0.0 has that of 0.0. */
static int has_key(PyObject *number) {
  if (PyFloat_CheckExact(number)) {
    const double value = PyFloat_AsDouble(number);
    return value != 0.0 || !signbit(value);
  }
  return PyLong_CheckExact(number);
}

PyObject *data_of(const struct state *self, PyObject *kind, PyObject *operand) {
  PyObject *tensor = operand, *number;
  if ((PyObject *)Py_TYPE(operand) != kind) {
    PyObject *key = has_key(operand) ? PyTuple_Pack(3, kind, Py_TYPE(operand), operand) : NULL;
    tensor = key != NULL ? PyDict_GetItemWithError(self->scalars, key) : NULL;
    Py_XDECREF(key);
    if (tensor == NULL || (PyObject *)Py_TYPE(tensor) != kind) {
      return NULL;
    }
  }
  if ((number = number_of_owner(self, tensor)) != NULL) {
    return Py_NewRef(number);
  }
  return self->array_slot != NULL ? array_of(self, tensor, kind) : NULL;
}

/* Calls what makes the tensor of an entry: in most cases a function of this module. */
static PyObject *call_maker(PyObject *make, PyObject *const *arguments, Py_ssize_t count) {
  typedef PyObject *(*function)(PyObject *, PyObject *const *, Py_ssize_t);
  return takes(make, METH_FASTCALL) ? ((function)(void (*)(void))PyCFunction_GetFunction(make))(
                                          PyCFunction_GetSelf(make), arguments, count)
                                    : call_with(make, arguments, count);
}

/* The new tensor of an entry, which has what makes it, its class and the function; None after a failure. */
static PyObject *made_by(PyObject *entry, PyObject *const *data, int operands, int reflected) {
  PyObject *const all[] = {PyTuple_GetItem(entry, 1), PyTuple_GetItem(entry, 2), data[reflected],
                           data[!reflected]};
  return call_maker(PyTuple_GetItem(entry, 0), all, 2 + operands);
}

/* The first operand, which a function has overwritten. */
static PyObject *overwritten_by(PyObject *function, PyObject *tensor, PyObject *const *data, int operands) {
  PyObject *status = call_binding(function, data, operands);
  const int failed = status == NULL || handle_of(status) != 0;
  Py_XDECREF(status);
  return failed ? NULL : Py_NewRef(tensor);
}

/* What a function for a number as second operand returns; NULL, maybe without an exception, if there is none. */
static PyObject *shortcut(PyObject *numbers, PyObject *kind, PyObject *const *operands) {
  PyObject *key = PyTuple_Pack(2, kind, Py_TYPE(operands[1])), *function = NULL, *of_type;
  if (key != NULL && (of_type = PyDict_GetItemWithError(numbers, key)) != NULL) {
    function = PyDict_GetItemWithError(of_type, operands[1]);
  }
  Py_XDECREF(key);
  return function != NULL ? PyObject_CallFunctionObjArgs(function, operands[0], NULL) : NULL;
}

/* NULL, maybe without an exception, or None for what the slow path does. */
static PyObject *operate(const struct operation *self, PyObject *const *operands) {
  PyObject *kind = (PyObject *)Py_TYPE(operands[0]), *data[2] = {NULL, NULL}, *result = NULL, *entry;
  if (self->operands == 2 && (PyObject *)Py_TYPE(operands[1]) != kind && self->numbers != Py_True) {
    result = self->numbers != Py_None ? shortcut(self->numbers, kind, operands) : NULL;
    if (result != NULL || self->numbers == Py_None || PyErr_Occurred()) {
      return result;
    }
  }
  if ((entry = PyDict_GetItemWithError(self->table, kind)) == NULL) {
    return NULL;
  }
  Py_INCREF(entry); /* the slow path may change the table */
  data[0] = data_of(self->state, kind, operands[0]);
  data[1] = data[0] != NULL && self->operands == 2 ? data_of(self->state, kind, operands[1]) : NULL;
  if (data[self->operands - 1] != NULL) {
    result = self->result == 'i' ? overwritten_by(entry, operands[0], data, self->operands)
                                 : made_by(entry, data, self->operands, self->result == 'r');
  }
  Py_XDECREF(data[0]);
  Py_XDECREF(data[1]);
  Py_DECREF(entry);
  return result;
}

static PyObject *call_operation(PyObject *object, PyObject *const *arguments, size_t flags, PyObject *names) {
  const struct operation *self = (struct operation *)object;
  const Py_ssize_t count = (Py_ssize_t)(flags & ~ARGUMENTS_OFFSET);
  PyObject *result = count == self->operands && names == NULL ? operate(self, arguments) : NULL;
  if (result == Py_None) {
    Py_CLEAR(result);
  }
  return result == NULL && (!PyErr_Occurred() || refused()) ? call_slow_path(object, arguments, count, names)
                                                            : result;
}

static void free_operation(PyObject *object) {
  Py_CLEAR(((struct operation *)object)->table);
  Py_CLEAR(((struct operation *)object)->numbers);
  free_fast(object);
}

/* Operation(module, table, operands, result, numbers, slow_path). What is returned, by a letter:
   n  a new tensor, by the entry for the class
   r  the same, of the operands in the other order
   i  the first operand, which the function in the table has overwritten
   The second operand may also be a number that was one before (True); or no number (None); or first, with functions of the
   first operand for some, one in a dict: class and type of the number -> dict: number -> function. */
static PyObject *new_operation(PyTypeObject *type, PyObject *arguments, PyObject *named) {
  struct operation *self = (struct operation *)PyType_GenericAlloc(type, 0);
  PyObject *module, *table, *numbers, *slow_path;
  if (self != NULL && !PyArg_ParseTuple(arguments, "OO!iCOO", &module, &PyDict_Type, &table, &self->operands,
                                        &self->result, &numbers, &slow_path)) {
    Py_CLEAR(self);
  }
  if (self != NULL && !(numbers == Py_True || numbers == Py_None || PyDict_Check(numbers))) {
    PyErr_Format(PyExc_TypeError, "expected True, None or a dict of numbers, got %R", numbers);
    Py_CLEAR(self);
  }
  if (self != NULL) {
    self->state = PyModule_GetState(module);
    self->call = call_operation;
    self->module = Py_NewRef(module);
    self->table = Py_NewRef(table);
    self->numbers = Py_NewRef(numbers);
    self->slow_path = Py_NewRef(slow_path);
  }
  return (PyObject *)self;
}

PyObject *setup_operations(PyObject *module, PyObject *scalars) {
  struct state *self = PyModule_GetState(module);
  if (!PyDict_Check(scalars)) {
    return PyErr_Format(PyExc_TypeError, "expected a dict, got %R", scalars);
  }
  self->scalars = Py_NewRef(scalars);
  return class_of_functions(module, "torchffi._speedups.Operation", sizeof(struct operation), new_operation,
                            free_operation);
}
