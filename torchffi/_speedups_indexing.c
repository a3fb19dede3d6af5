/* Indexing of tensors on NumPy: the keys that NumPy treats as the standard does. */
#include "_speedups.h"

/* The array that owns the memory of an array; NULL unless that is itself or its base. */
static PyObject *owner_of(PyObject *object) {
  const struct array *array = fields_of(object);
  if (array == NULL || array->base == NULL) {
    return array != NULL ? object : NULL;
  }
  const struct array *base = fields_of(array->base);
  return base != NULL && base->base == NULL ? array->base : NULL;
}

/* Whether two arrays are known not to share memory. */
static int are_apart(PyObject *first, PyObject *second) {
  const PyObject *one = owner_of(first), *other = owner_of(second);
  return one != NULL && other != NULL && one != other;
}

int share_owner(PyObject *first, PyObject *second) {
  const PyObject *owner = owner_of(first);
  return owner != NULL && owner == owner_of(second);
}

int has_own_elements(PyObject *object) {
  const struct array *array = fields_of(object);
  int found = array != NULL;
  for (int i = 0; found && i < array->axes; ++i) {
    found = array->steps[i] != 0;
  }
  return found;
}

/* Whether a key gives a view: an integer, a slice with a positive step, None or an ellipsis. */
static int is_basic(PyObject *key) {
  if (PyLong_CheckExact(key) || key == Py_None || key == Py_Ellipsis) {
    return 1;
  }
  if (Py_TYPE(key) == &PySlice_Type) {
    PyObject *step = PyObject_GetAttr(key, step_name);
    const int basic = step == Py_None || (step != NULL && PyLong_CheckExact(step) && handle_of(step) > 0);
    Py_XDECREF(step);
    return basic;
  }
  return 0;
}

/* Whether is_basic() admits a key or, in a tuple, all of them; and whether NumPy returns a view for it: it does not for
   integers that leave a single element. */
static int is_basic_key(PyObject *array, PyObject *key, int *views) {
  const struct array *fields = fields_of(array);
  const int axes = fields != NULL ? fields->axes : 0;
  if (!PyTuple_CheckExact(key)) {
    *views = PyLong_CheckExact(key) ? axes > 1 : is_basic(key);
    return is_basic(key);
  }
  const Py_ssize_t count = PyTuple_Size(key);
  *views = count < axes;
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject *one = PyTuple_GetItem(key, i);
    if (!is_basic(one)) {
      return 0;
    }
    *views |= !PyLong_CheckExact(one);
  }
  return 1;
}

/* The key for an array that gives a view also of one element: with an ellipsis. NULL for another key, without an
   exception. */
static PyObject *basic_key(PyObject *array, PyObject *key) {
  int views;
  if (!is_basic_key(array, key, &views)) {
    return NULL;
  }
  if (views) {
    return Py_NewRef(key);
  }
  if (!PyTuple_CheckExact(key)) {
    return PyTuple_Pack(2, key, Py_Ellipsis);
  }
  const Py_ssize_t count = PyTuple_Size(key);
  PyObject *keys = PyTuple_New(count + 1);
  for (Py_ssize_t i = 0; keys != NULL && i <= count; ++i) {
    PyTuple_SetItem(keys, i, Py_NewRef(i < count ? PyTuple_GetItem(key, i) : Py_Ellipsis));
  }
  return keys;
}

enum { MOST_OF_MASK = 1 << 14 }; /* elements: the slow path takes less time for larger masks */

/* The array of a tensor that is an index; NULL for another object, one without axes, and a large mask. */
static PyObject *index_array(const struct state *self, PyObject *key) {
  PyObject *array, *kind = (PyObject *)Py_TYPE(key);
  PyObject *whole = PyDict_GetItemWithError(self->index_classes, kind);
  if (whole == NULL || (array = array_of(self, key, kind)) == NULL) {
    return NULL;
  }
  const struct array *fields = fields_of(array);
  if (fields == NULL || fields->axes == 0 || (whole != Py_True && size_of(fields) > MOST_OF_MASK)) {
    Py_CLEAR(array);
  }
  return array;
}

/* The array of an index that is known to be apart from another array, if one is given. */
static PyObject *index_apart(const struct state *self, PyObject *key, PyObject *other) {
  PyObject *found = index_array(self, key);
  if (found != NULL && other != NULL && !are_apart(other, found)) {
    Py_CLEAR(found);
  }
  return found;
}

/* A key with arrays in place of index tensors, which may be in a tuple. NULL, maybe without an exception, for others. */
static PyObject *advanced_key(const struct state *self, PyObject *key, PyObject *other) {
  if (!PyTuple_CheckExact(key)) {
    return index_apart(self, key, other);
  }
  const Py_ssize_t count = PyTuple_Size(key);
  PyObject *keys = PyTuple_New(count);
  for (Py_ssize_t i = 0; keys != NULL && i < count; ++i) {
    PyObject *one = PyTuple_GetItem(key, i);
    PyObject *found = is_basic(one) ? Py_NewRef(one) : index_apart(self, one, other);
    if (found == NULL || PyTuple_SetItem(keys, i, found) < 0) {
      Py_CLEAR(keys);
    }
  }
  return keys;
}

PyObject *get_elements(const struct state *self, PyObject *array, PyObject *key) {
  PyObject *result = NULL, *keys = basic_key(array, key);
  if (keys == NULL && !PyErr_Occurred()) {
    keys = advanced_key(self, key, NULL);
  }
  if (keys != NULL) {
    result = PyObject_GetItem(array, keys);
    Py_DECREF(keys);
  }
  return result;
}

PyObject *set_elements(const struct state *self, PyObject *kind, PyObject *array, PyObject *key,
                       PyObject *value) {
  PyObject *source = NULL, *keys = NULL;
  int status = -1;
  if (!has_own_elements(array)) {
    return NULL;
  }
  if ((PyObject *)Py_TYPE(value) == kind) {
    source = array_of(self, value, kind);
    if (source != NULL && !are_apart(array, source)) {
      Py_CLEAR(source); /* NumPy could read elements that it has already written */
    }
  } else if (PyFloat_CheckExact(value) || PyLong_CheckExact(value)) {
    const double number = PyFloat_AsDouble(value);
    if (PyErr_Occurred()) {
      return NULL;
    }
    /* All floating-point dtypes have these: a cast to infinity would give a warning. */
    if (-6e4 < number && number < 6e4 && PyDict_GetItemWithError(self->array_classes, kind) == Py_True) {
      source = Py_NewRef(value);
    }
  }
  if (source == value) { /* a number: NumPy needs no view of one element */
    int views;
    keys = is_basic_key(array, key, &views) ? Py_NewRef(key) : advanced_key(self, key, array);
  } else if (source != NULL && (keys = basic_key(array, key)) == NULL && !PyErr_Occurred() &&
             !PyTuple_CheckExact(key)) {
    keys = index_apart(self, key, array); /* nor that an index changes while it writes */
  }
  if (keys != NULL) {
    status = PyObject_SetItem(array, keys, source);
  }
  Py_XDECREF(keys);
  Py_XDECREF(source);
  return status == 0 ? Py_NewRef(Py_None) : NULL;
}

int has_fewer_axes(const struct state *self, PyObject *array, PyObject *value) {
  PyObject *source = array_of_any(self, value);
  const struct array *first = source != NULL ? fields_of(source) : NULL, *second = fields_of(array);
  const int found = first != NULL && second != NULL && first->axes <= second->axes;
  Py_XDECREF(source);
  return found;
}

/* The whole of an axis, as a key. */
static PyObject *whole;

/* array[:, ..., key, ...], for a key of an axis; steals the reference to the key. */
static PyObject *by_key_of_axis(PyObject *array, Py_ssize_t axis, PyObject *key) {
  PyObject *result = NULL, *keys = key != NULL ? PyTuple_New(axis + 2) : NULL;
  if (keys == NULL) {
    Py_XDECREF(key);
    return NULL;
  }
  for (Py_ssize_t i = 0; i < axis; ++i) {
    PyTuple_SetItem(keys, i, Py_NewRef(whole));
  }
  PyTuple_SetItem(keys, axis, key);
  PyTuple_SetItem(keys, axis + 1, Py_NewRef(Py_Ellipsis)); /* a view, also of one element */
  result = PyObject_GetItem(array, keys);
  Py_DECREF(keys);
  return result;
}

PyObject *get_along(PyObject *array, PyObject *const *arguments, Py_ssize_t count) {
  long long numbers[3] = {0};
  const struct array *fields = fields_of(array);
  PyObject *ends[2], *result = NULL;
  if (count < 2 || count > 3 || fields == NULL) {
    return NULL;
  }
  for (Py_ssize_t i = 0; i < count; ++i) {
    int overflow = 1;
    numbers[i] = PyLong_CheckExact(arguments[i]) ? PyLong_AsLongLongAndOverflow(arguments[i], &overflow) : 0;
    if (overflow || numbers[i] < -INT64_C(1) << 61 || numbers[i] > INT64_C(1) << 61) {
      return NULL;
    }
  }
  if (whole == NULL && (whole = PySlice_New(NULL, NULL, NULL)) == NULL) {
    return NULL;
  }
  const Py_ssize_t axis = (Py_ssize_t)numbers[0] + (numbers[0] < 0 ? fields->axes : 0);
  if (axis < 0 || axis >= fields->axes) {
    return NULL;
  }
  if (count == 2) {
    result = by_key_of_axis(array, axis, Py_NewRef(arguments[1]));
  } else { /* NumPy would take less than the length */
    const int64_t length = fields->lengths[axis];
    const int64_t first = numbers[1] + (numbers[1] < 0 ? length : 0);
    if (0 <= first && 0 <= numbers[2] && first + numbers[2] <= length) {
      ends[0] = PyLong_FromLongLong(first);
      ends[1] = PyLong_FromLongLong(first + numbers[2]);
      result = by_key_of_axis(array, axis, PySlice_New(ends[0], ends[1], NULL));
      Py_XDECREF(ends[0]);
      Py_XDECREF(ends[1]);
    }
  }
  return result;
}
