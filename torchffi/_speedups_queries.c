/* Methods and properties of tensors on LibTorch that call one function of the binding.
   torchffi/_aten/queries.py installs them. */
#include <string.h>

#include "_speedups.h"

static PyObject *numbers[2]; /* 0 and 1 */

/* The value of the only element, as a number of the type that the answers have for the class of the tensor. NULL for one
   that a double may not hold. */
static PyObject *number_of(const struct query *self, PyObject *kind, PyObject *value) {
  const double number = PyFloat_CheckExact(value) ? PyFloat_AsDouble(value) : Py_HUGE_VAL;
  PyObject *type = PyDict_GetItemWithError(self->answers, kind);
  if (type == NULL || !(-0x1p53 < number && number < 0x1p53)) {
    return NULL;
  }
  if (type == (PyObject *)&PyFloat_Type) {
    return Py_NewRef(value);
  }
  return type == (PyObject *)&PyBool_Type ? PyBool_FromLong(number != 0) : PyLong_FromDouble(number);
}

/* NULL, maybe without an exception, for what the slow path does. */
static PyObject *answer(const struct query *self, PyObject *tensor) {
  PyObject *arguments[2], *result, *found = NULL, *kind = (PyObject *)Py_TYPE(tensor);
  if (self->of_shape) {
    return shape_or_count(self, tensor);
  }
  if (self->result == 't') {
    return lists_of(self, tensor);
  }
  if ((arguments[0] = number_of_owner(self->state, tensor)) == NULL) {
    return NULL;
  }
  arguments[1] = self->argument;
  result = self->direct != NULL ? self->direct(PyCFunction_GetSelf(self->function), arguments[0])
                                : call_binding(self->function, arguments, self->argument != NULL ? 2 : 1);
  if (result == NULL) {
    return NULL;
  }
  if (self->result == 'm') {
    found = own_result(self->module, result, kind);
  } else if (self->result == 'v') {
    found = number_of(self, kind, result);
  } else { /* Python has one object for each small integer; the slow path knows any other */
    found = result == numbers[0]   ? self->answer[0]
            : result == numbers[1] ? self->answer[1]
                                   : Py_NotImplemented;
    found = found == Py_NotImplemented ? NULL : Py_NewRef(found == Py_Ellipsis ? tensor : found);
  }
  Py_DECREF(result);
  return found;
}

/* ---- Methods ---- */

static PyObject *call_query(PyObject *object, PyObject *const *arguments, size_t flags, PyObject *names) {
  struct query *self = (struct query *)object;
  const Py_ssize_t count = (Py_ssize_t)(flags & ~ARGUMENTS_OFFSET);
  PyObject *result = NULL;
  if (names != NULL) {
    result = NULL;
  } else if (self->result == 'k') {
    result = count == 2 ? view_by_key(self, arguments[0], arguments[1]) : NULL;
  } else if (self->result == 'p') {
    result = count == 3 ? write_by_key(self, arguments[0], arguments[1], arguments[2]) : NULL;
  } else if (self->argument == NULL ? count == 1 : count == 2 && arguments[1] == self->argument) {
    result = answer(self, arguments[0]);
  }
  if (result == NULL && (!PyErr_Occurred() || refused())) {
    result = call_slow_path(object, arguments, count, names);
  }
  return result;
}

/* The same for callers with a tuple. */
static PyObject *call_with_tuple(PyObject *object, PyObject *arguments, PyObject *named) {
  PyObject *result = NULL;
  if (named == NULL && PyTuple_Size(arguments) == 1) {
    PyObject *tensor = PyTuple_GetItem(arguments, 0);
    return call_query(object, &tensor, 1, NULL);
  }
  result = PyObject_Call(((struct query *)object)->slow_path, arguments, named);
  return result;
}

/* ---- Properties ---- */

static PyObject *get_property(PyObject *object, PyObject *tensor, PyObject *type) {
  PyObject *result = NULL;
  if (tensor != NULL && tensor != Py_None) {
    result = answer((struct query *)object, tensor);
  }
  return result == NULL && (!PyErr_Occurred() || refused()) ? get_slow_path(object, tensor, type) : result;
}

/* ---- Both ---- */

static void free_query(PyObject *object) {
  struct query *self = (struct query *)object;
  Py_CLEAR(self->answers);
  Py_CLEAR(self->argument);
  free_fast(object);
}

/* Query(module, result, function, answers, slow_path, argument). The result is, as a letter: the first or the second of
   two answers, where the function returns 0 or 1 (a), in which an ellipsis stands for the tensor itself and NotImplemented
   for the slow path; a new tensor of the class, whose handle the function returns (m); the number that it returns, as one
   of the type that the answers, a dict, have for the class (v); the elements that it copies to memory (t), as lists, for
   classes whose letters the answers have; the view by a key (k); none after the assignment to it (p) of a tensor, or of a
   number for which the answers, a dict, have a tensor; and for the function that copies out the shape: see
   shape_or_count(). */
static PyObject *new_query(PyTypeObject *type, PyObject *arguments, PyObject *named) {
  struct query *self = (struct query *)PyType_GenericAlloc(type, 0);
  PyObject *module, *function, *answers, *slow_path, *argument = NULL;
  if (self != NULL && !PyArg_ParseTuple(arguments, "OCOOO|O", &module, &self->result, &function, &answers,
                                        &slow_path, &argument)) {
    Py_CLEAR(self);
  }
  if (self != NULL && !(strchr("vtp", self->result) != NULL ? PyDict_Check(answers)
                        : self->result == 'a' ? PyTuple_Check(answers) && PyTuple_Size(answers) == 2
                                              : 1)) {
    PyErr_Format(PyExc_TypeError, "unexpected answers: %R", answers);
    Py_CLEAR(self);
  }
  if (self != NULL) {
    self->state = PyModule_GetState(module);
    self->of_shape = self->result == 's' || self->result == 'd' || self->result == 'n' || self->result == 'b';
    self->call = call_query;
    self->module = Py_NewRef(module);
    self->function = Py_NewRef(function);
    self->answers = Py_NewRef(answers);
    for (Py_ssize_t i = 0; i < 2 && self->result == 'a'; ++i) {
      self->answer[i] = PyTuple_GetItem(answers, i);
    }
    self->slow_path = Py_NewRef(slow_path);
    self->argument = Py_XNewRef(argument);
    self->direct = argument == NULL ? function_of_one(function) : NULL;
  }
  return (PyObject *)self;
}

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(struct query, call), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot query_slots[] = {
    {Py_tp_new, new_query},       {Py_tp_call, call_with_tuple},
    {Py_tp_descr_get, bind_fast}, {Py_tp_getattro, fast_attribute},
    {Py_tp_repr, fast_repr},      {Py_tp_dealloc, free_query},
    {Py_tp_members, members},     {0, NULL},
};

static PyType_Spec query_spec = {
    .name = "torchffi._speedups.Query",
    .basicsize = sizeof(struct query),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = query_slots};

static PyType_Slot property_slots[] = {
    {Py_tp_new, new_query},
    {Py_tp_descr_get, get_property},
    {Py_tp_descr_set, set_property},
    {Py_tp_getattro, fast_attribute},
    {Py_tp_repr, fast_repr},
    {Py_tp_dealloc, free_query},
    {0, NULL},
};

static PyType_Spec property_spec = {.name = "torchffi._speedups.Property",
                                    .basicsize = sizeof(struct query),
                                    .flags = Py_TPFLAGS_DEFAULT,
                                    .slots = property_slots};

PyObject *setup_queries(PyObject *module, PyObject *arguments) {
  struct state *self = PyModule_GetState(module);
  PyObject *query, *property, *both = NULL;
  if (!PyArg_ParseTuple(arguments, "O", &self->method_type)) {
    return NULL;
  }
  Py_INCREF(arguments); /* keeps all of them alive */
  numbers[0] = PyLong_FromLong(0);
  numbers[1] = PyLong_FromLong(1);
  query = PyType_FromModuleAndSpec(module, &query_spec, NULL);
  property = PyType_FromModuleAndSpec(module, &property_spec, NULL);
  if (setup_contents() == 0 && numbers[0] != NULL && numbers[1] != NULL && query != NULL &&
      property != NULL) {
    both = PyTuple_Pack(2, query, property);
  }
  Py_XDECREF(query);
  Py_XDECREF(property);
  return both;
}
