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

/* What a weak reference refers to, if it still is the gradient of a tensor. */
static PyObject *same_gradient(const struct query *self, int64_t handle, PyObject *reference) {
  PyObject *last, *number;
  Py_INCREF(reference);
  last = PyObject_CallNoArgs(reference);
  Py_DECREF(reference);
  number = last != NULL ? number_of_owner(self->state, last) : NULL;
  if (number == NULL || self->is_gradient.compare(handle, handle_of(number)) != 1) {
    Py_CLEAR(last);
  }
  return last;
}

/* A new object for the gradient, to which the dict then refers. */
static PyObject *new_gradient(const struct query *self, PyObject *tensor_number) {
  PyObject *number = PyLong_FromLongLong(self->gradient.handle(handle_of(tensor_number)));
  PyObject *made = number != NULL ? own_result(self->module, number, Py_None) : NULL;
  PyObject *reference = made != NULL ? PyWeakref_NewRef(made, NULL) : NULL;
  if (reference == NULL || PyDict_SetItem(self->answers, tensor_number, reference) < 0) {
    Py_CLEAR(made);
  }
  Py_XDECREF(reference);
  Py_XDECREF(number);
  return made;
}

enum { MOST_GRADIENTS = 1024 }; /* in the dict, which the slow path then cleans */

/* The gradient of a tensor: None, or the object that is in use for it, by a dict of weak references. */
static PyObject *gradient_of(const struct query *self, PyObject *tensor) {
  PyObject *number = number_of_owner(self->state, tensor), *reference, *last = NULL;
  const int32_t state = number != NULL ? self->address.flag(handle_of(number)) : -1;
  if (state != 1) {
    return state == 0 ? Py_NewRef(Py_None) : NULL;
  }
  if ((reference = PyDict_GetItemWithError(self->answers, number)) != NULL) {
    last = same_gradient(self, handle_of(number), reference);
  }
  return last != NULL || PyErr_Occurred() || PyDict_Size(self->answers) >= MOST_GRADIENTS
             ? last
             : new_gradient(self, number);
}

/* NULL, maybe without an exception, for what the slow path does. */
static PyObject *answer(const struct query *self, PyObject *tensor) {
  return self->of_shape        ? shape_or_count(self, tensor)
         : self->result == 't' ? lists_of(self, tensor)
         : self->result == 'v' ? value_of(self, tensor)
         : self->result == 'g' ? gradient_of(self, tensor)
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
   addresses; the gradient (g), to which the answers, a dict, refer if it is in use: the argument has the addresses of
   what says whether it still is that, and of what returns it. By the binding's function: the elements by a key (k); none
   after the assignment to them (p) of a tensor, or of a number for which the answers, a dict, have a tensor. The argument
   is then a set: the classes of tensors in keys. */
static PyObject *new_query(PyTypeObject *type, PyObject *arguments, PyObject *named) {
  struct query *self = (struct query *)PyType_GenericAlloc(type, 0);
  PyObject *module, *function, *answers, *slow_path, *argument = NULL;
  if (self != NULL && !PyArg_ParseTuple(arguments, "OCOOO|O", &module, &self->result, &function, &answers,
                                        &slow_path, &argument)) {
    Py_CLEAR(self);
  }
  const int with_keys = self != NULL && strchr("kp", self->result) != NULL;
  if (self != NULL && ((strchr("vtpg", self->result) != NULL && !PyDict_Check(answers)) ||
                       (self->result == 'a' && !(PyTuple_Check(answers) && PyTuple_Size(answers) == 2)) ||
                       (self->result == 'g' &&
                        !(argument != NULL && PyTuple_Check(argument) && PyTuple_Size(argument) == 2)) ||
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
    if (self->result == 'g') {
      self->is_gradient.number = PyLong_AsSsize_t(PyTuple_GetItem(argument, 0));
      self->gradient.number = PyLong_AsSsize_t(PyTuple_GetItem(argument, 1));
    } else {
      *(self->result == 'v' ? &self->conversion : &self->argument) = Py_XNewRef(argument);
    }
  }
  return (PyObject *)self;
}

PyObject *setup_queries(PyObject *module, PyObject *arguments) {
  PyObject *query, *property, *both = NULL;
  union address is_cuda;
  if (!PyArg_ParseTuple(arguments, "n", &is_cuda.number)) {
    return NULL;
  }
  query = class_of_functions(module, "torchffi._speedups.Query", sizeof(struct query), new_query, free_query);
  property = class_of_properties(module, "torchffi._speedups.Property", sizeof(struct query), new_query,
                                 get_property, free_query);
  if (setup_contents(is_cuda) == 0 && query != NULL && property != NULL) {
    both = PyTuple_Pack(2, query, property);
  }
  Py_XDECREF(query);
  Py_XDECREF(property);
  return both;
}
