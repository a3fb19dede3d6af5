/* Attributes of arrays, from their fields: NumPy's own accessors are macros, so that the layout is part of its ABI. It is
   compared with the attributes first. */
#include "_speedups.h"

static const char *const names[ATTRIBUTES] = {"dtype", "ndim", "shape", "size"};
static PyObject *interned[ATTRIBUTES], *flags_name;

/* The class of the arrays. */
static PyTypeObject *known;

int setup_attributes(void) {
  for (int i = 0; i < ATTRIBUTES; ++i) {
    if (interned[i] == NULL && (interned[i] = PyUnicode_InternFromString(names[i])) == NULL) {
      return -1;
    }
  }
  return flags_name != NULL || (flags_name = PyUnicode_InternFromString("flags")) != NULL ? 0 : -1;
}

/* An attribute that is an integer; -1 if there is none. */
static int64_t number_of(PyObject *object, const char *name) {
  PyObject *number = PyObject_GetAttrString(object, name);
  const int64_t value = number != NULL ? handle_of(number) : -1;
  Py_XDECREF(number);
  return value;
}

/* Where the elements of an array are. */
static const void *memory_of(PyObject *array) {
  PyObject *about = PyObject_GetAttrString(array, "__array_interface__");
  PyObject *data = about != NULL ? PyDict_GetItemString(about, "data") : NULL;
  const void *found = data != NULL ? PyLong_AsVoidPtr(PyTuple_GetItem(data, 0)) : NULL;
  Py_XDECREF(about);
  return found;
}

/* Whether a tuple has the lengths or the steps of an array; releases it. */
static int has_sides(PyObject *tuple, const Py_ssize_t *sides, Py_ssize_t axes) {
  int same = tuple != NULL && PyTuple_Size(tuple) == axes;
  for (Py_ssize_t i = 0; same && i < axes; ++i) {
    same = handle_of(PyTuple_GetItem(tuple, i)) == sides[i];
  }
  Py_XDECREF(tuple);
  return same;
}

/* Whether the fields of an array have the values of its attributes. */
static int has_layout(PyObject *object, PyObject *base) {
  const struct array *array = (const struct array *)object;
  PyObject *dtype = PyObject_GetAttr(object, interned[DTYPE]), *flags = PyObject_GetAttr(object, flags_name);
  const int same = dtype == array->dtype && flags != NULL && base == array->base &&
                   number_of(object, "ndim") == array->axes && number_of(flags, "num") == array->flags &&
                   memory_of(object) == array->data &&
                   has_sides(PyObject_GetAttrString(object, "shape"), array->lengths, array->axes) &&
                   has_sides(PyObject_GetAttrString(object, "strides"), array->steps, array->axes);
  Py_XDECREF(dtype);
  Py_XDECREF(flags);
  return same;
}

void know_arrays(PyTypeObject *type) {
  if (known != NULL || PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
    return;
  }
  const int64_t bytes = number_of((PyObject *)type, "__basicsize__");
  PyObject *array = PyObject_CallFunction((PyObject *)type, "((ii))", 2, 3);
  PyObject *turned = array != NULL && Py_TYPE(array) == type ? PyObject_GetAttrString(array, "T") : NULL;
  if (turned != NULL && Py_TYPE(turned) == type && bytes >= (int64_t)sizeof(struct array) &&
      has_layout(array, NULL) && has_layout(turned, array)) {
    known = type;
  }
  Py_XDECREF(turned);
  Py_XDECREF(array);
  PyErr_Clear();
}

const struct array *fields_of(PyObject *object) {
  return Py_TYPE(object) == known ? (const struct array *)object : NULL;
}

int64_t size_of(const struct array *array) {
  int64_t size = 1;
  for (int i = 0; i < array->axes; ++i) {
    size *= array->lengths[i];
  }
  return size;
}

static PyObject *shape_of(const struct array *array) {
  PyObject *shape = PyTuple_New(array->axes);
  for (int i = 0; shape != NULL && i < array->axes; ++i) {
    PyObject *length = PyLong_FromSsize_t(array->lengths[i]);
    if (length == NULL || PyTuple_SetItem(shape, i, length) < 0) {
      Py_CLEAR(shape);
    }
  }
  return shape;
}

PyObject *attribute_of(PyObject *object, enum attribute which) {
  const struct array *array = fields_of(object);
  if (array != NULL) {
    switch (which) {
      case DTYPE:
        return Py_NewRef(array->dtype);
      case NDIM:
        return PyLong_FromLong(array->axes);
      case SHAPE:
        return shape_of(array);
      case SIZE:
        return PyLong_FromLongLong(size_of(array));
      default:
        break;
    }
  }
  return PyObject_GetAttr(object, interned[which]);
}

int attribute_named(PyObject *name) {
  int found = 0;
  while (found < ATTRIBUTES && PyUnicode_CompareWithASCIIString(name, names[found]) != 0) {
    ++found;
  }
  return found < ATTRIBUTES ? found : -1;
}

int has_flag(PyObject *object, enum flag which) {
  const struct array *array = fields_of(object);
  int64_t all;
  if (array != NULL) {
    return (array->flags & which) != 0;
  }
  PyObject *flags = PyObject_GetAttr(object, flags_name);
  all = flags != NULL ? number_of(flags, "num") : -1;
  Py_XDECREF(flags);
  return all < 0 ? -1 : (all & which) != 0;
}
