/* Methods and properties of tensors on LibTorch that call one function of the binding.
   torchffi/_aten/queries.py installs them. */
#include <string.h>

#include "_speedups.h"

/* The answer to a flag, in which an ellipsis stands for the tensor, and NotImplemented for the slow path. */
static PyObject *answer_to(const struct query *self, PyObject *tensor, int32_t flag) {
  PyObject *found = flag == 0 || flag == 1 ? self->answer[flag] : Py_NotImplemented;
  return found == Py_NotImplemented ? NULL : Py_NewRef(found == Py_Ellipsis ? tensor : found);
}

/* As answer(), of a flag or a new tensor. */
static PyObject *by_address(const struct query *self, PyObject *tensor) {
  PyObject *number = number_of_owner(self->state, tensor), *result = NULL;
  if (number == NULL) {
    return NULL;
  }
  const int64_t handle = handle_of(number);
  if (self->result == 'a') {
    return answer_to(self, tensor,
                     self->argument == NULL ? self->address.flag(handle)
                                            : self->address.set_flag(handle, self->argument == Py_True));
  }
  if ((number = PyLong_FromLongLong(self->address.handle(handle))) != NULL) {
    result = own_result(self->module, number, (PyObject *)Py_TYPE(tensor));
    Py_DECREF(number);
  }
  return result;
}

/* NULL, maybe without an exception, for what the slow path does. */
static PyObject *answer(const struct query *self, PyObject *tensor) {
  return self->of_shape        ? shape_or_count(self, tensor)
         : self->result == 't' ? lists_of(self, tensor)
         : self->result == 'v' ? value_of(self, tensor)
                               : by_address(self, tensor);
}

/* ---- Methods ---- */

static PyObject *call_query(PyObject *object, PyObject *const *arguments, size_t flags, PyObject *names) {
  struct query *self = (struct query *)object;
  const Py_ssize_t count = (Py_ssize_t)(flags & ~ARGUMENTS_OFFSET);
  PyObject *result = NULL;
  if (names != NULL) {
    result = NULL;
  } else if (self->result == 'k') {
    result = count == 2 ? get_by_key(self, arguments[0], arguments[1]) : NULL;
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
  Py_CLEAR(self->conversion);
  free_fast(object);
}

/* Query(module, result, function, answers, slow_path, argument). The result is, as a letter: the first or the second of two
   answers, where the function returns 0 or 1 (a), in which an ellipsis stands for the tensor itself and NotImplemented for
   the slow path; a new tensor of the class, whose handle the function returns (m); what is known by the shape: see
   shape_or_count(); the elements that the function copies to memory, as lists (t), or the only one (v), converted by the
   argument if that is given, for classes whose letters the answers, a dict, have: these functions are given by their
   addresses. By the binding's function: the elements by a key (k); none after the assignment to them (p) of a tensor, or
   of a number for which the answers, a dict, have a tensor. The argument is then a set: the classes of tensors in keys. */
static PyObject *new_query(PyTypeObject *type, PyObject *arguments, PyObject *named) {
  struct query *self = (struct query *)PyType_GenericAlloc(type, 0);
  PyObject *module, *function, *answers, *slow_path, *argument = NULL;
  if (self != NULL && !PyArg_ParseTuple(arguments, "OCOOO|O", &module, &self->result, &function, &answers,
                                        &slow_path, &argument)) {
    Py_CLEAR(self);
  }
  const int with_keys = self != NULL && strchr("kp", self->result) != NULL;
  if (self != NULL && ((strchr("vtp", self->result) != NULL && !PyDict_Check(answers)) ||
                       (self->result == 'a' && !(PyTuple_Check(answers) && PyTuple_Size(answers) == 2)) ||
                       (with_keys && !(argument != NULL && PyAnySet_Check(argument))))) {
    PyErr_Format(PyExc_TypeError, "unexpected answers: %R", answers);
    Py_CLEAR(self);
  }
  if (self != NULL) {
    self->state = PyModule_GetState(module);
    self->of_shape = self->result == 's' || self->result == 'd' || self->result == 'n' || self->result == 'b';
    self->call = call_query;
    self->module = Py_NewRef(module);
    if (PyLong_CheckExact(function)) {
      self->address.number = PyLong_AsSsize_t(function);
    } else {
      self->function = Py_NewRef(function);
    }
    self->answers = Py_NewRef(answers);
    for (Py_ssize_t i = 0; i < 2 && self->result == 'a'; ++i) {
      self->answer[i] = PyTuple_GetItem(answers, i);
    }
    self->slow_path = Py_NewRef(slow_path);
    *(self->result == 'v' ? &self->conversion : &self->argument) = Py_XNewRef(argument);
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
  union address is_cuda;
  if (!PyArg_ParseTuple(arguments, "On", &self->method_type, &is_cuda.number)) {
    return NULL;
  }
  Py_INCREF(arguments); /* keeps all of them alive */
  query = PyType_FromModuleAndSpec(module, &query_spec, NULL);
  property = PyType_FromModuleAndSpec(module, &property_spec, NULL);
  if (setup_contents(is_cuda) == 0 && query != NULL && property != NULL) {
    both = PyTuple_Pack(2, query, property);
  }
  Py_XDECREF(query);
  Py_XDECREF(property);
  return both;
}
