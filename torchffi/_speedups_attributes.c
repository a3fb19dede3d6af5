/* Attributes of arrays by the descriptors of their class, which are looked up once: a third of the time of a lookup. */
#include "_speedups.h"

static const char *const names[ATTRIBUTES] = {"base", "dtype", "flags", "ndim", "shape", "size", "strides"};
static const char *const flag_names[FLAG_NAMES] = {"c_contiguous", "writeable"};
static PyObject *interned[ATTRIBUTES], *interned_flags[FLAG_NAMES];

/* The class of the arrays, whose attributes cannot change, and its descriptors. */
static PyTypeObject *known;
static PyObject *descriptors[ATTRIBUTES], *flag_descriptors[FLAG_NAMES];
static PyTypeObject *flags_type;
static descrgetfunc get;

int setup_attributes(void) {
  for (int i = 0; i < ATTRIBUTES; ++i) {
    if (interned[i] == NULL && (interned[i] = PyUnicode_InternFromString(names[i])) == NULL) {
      return -1;
    }
  }
  for (int i = 0; i < FLAG_NAMES; ++i) {
    if (interned_flags[i] == NULL &&
        (interned_flags[i] = PyUnicode_InternFromString(flag_names[i])) == NULL) {
      return -1;
    }
  }
  return 0;
}

/* Looks up the descriptors of a class whose attributes cannot change. Returns whether it has all of them. */
static int look_up(PyTypeObject *type, PyObject *const *attributes, PyObject **found, int count) {
  int fits = !PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE);
  for (int i = 0; i < count && fits; ++i) {
    Py_XDECREF(found[i]);
    found[i] = PyObject_GetAttr((PyObject *)type, attributes[i]);
    fits = found[i] != NULL && Py_TYPE(found[i]) == &PyGetSetDescr_Type;
  }
  PyErr_Clear();
  return fits;
}

void know_arrays(PyTypeObject *type) {
  if (get == NULL) {
    get = (descrgetfunc)PyType_GetSlot(&PyGetSetDescr_Type, Py_tp_descr_get);
  }
  if (get != NULL && known == NULL && look_up(type, interned, descriptors, ATTRIBUTES)) {
    known = type;
  }
}

PyObject *attribute_of(PyObject *array, enum attribute which) {
  return Py_TYPE(array) == known ? get(descriptors[which], array, (PyObject *)known)
                                 : PyObject_GetAttr(array, interned[which]);
}

int has_flag(PyObject *array, enum flag which) {
  PyObject *flag, *flags = attribute_of(array, FLAGS);
  if (flags == NULL) {
    return -1;
  }
  if (get != NULL && flags_type == NULL &&
      look_up(Py_TYPE(flags), interned_flags, flag_descriptors, FLAG_NAMES)) {
    flags_type = Py_TYPE(flags);
  }
  flag = Py_TYPE(flags) == flags_type ? get(flag_descriptors[which], flags, (PyObject *)flags_type)
                                      : PyObject_GetAttr(flags, interned_flags[which]);
  Py_DECREF(flags);
  Py_XDECREF(flag); /* True and False live on */
  return flag == NULL ? -1 : flag == Py_True;
}
