/* The classes of the methods and the properties in _speedups_methods.c. */
#include "_speedups.h"

static void free_method(PyObject *object) {
  Py_CLEAR(((struct method *)object)->of);
  free_fast(object);
}

/* Method(module, result, function, slow_path, operands, least, most, axes, of). The function is the name of a primitive,
   a function of arrays, or in a tuple the name of an attribute of arrays, or that of a method and its argument, and of one
   without arguments for contiguous arrays. What is returned, by a letter:
   v  the array in a tensor of the class, or of the class that is given
   d  the same, made writable if the array is
   w  the same if it shares memory
   r  what the function returns
   i  the tensor itself
   k  the tensor itself, if it is contiguous
   x  the tensor itself, which the function has overwritten
   p  the tensor itself, overwritten with what the function returns
   o  the tensor itself, which the function has written as its output, the last argument
   c  the tensor itself after the assignment of a tensor to all elements; f: of a number
   g  elements by a key
   a  elements along an axis
   e  the only element: the function is the letter of its type, maybe with a conversion, in a tuple
   s  None after the assignment of elements
   l  the length */
static PyObject *new_method(PyTypeObject *type, PyObject *arguments, PyObject *named) {
  struct method *self = (struct method *)PyType_GenericAlloc(type, 0);
  if (self != NULL) {
    self->axes = self->attribute = -1;
    self->call = call_method;
  }
  if (self != NULL && !PyArg_ParseTuple(arguments, "OCOO|iLLiO!", &self->module, &self->result,
                                        &self->function, &self->slow_path, &self->operands, &self->least,
                                        &self->most, &self->axes, &PyType_Type, &self->of)) {
    self->module = self->function = self->slow_path = self->of = NULL;
    Py_CLEAR(self);
  }
  if (self != NULL) {
    self->state = PyModule_GetState(self->module);
    Py_INCREF(self->module);
    Py_INCREF(self->function);
    Py_INCREF(self->slow_path);
    Py_XINCREF(self->of);
    if (self->result == 'r' && PyTuple_CheckExact(self->function) && PyTuple_Size(self->function) == 1) {
      self->attribute = attribute_named(PyTuple_GetItem(self->function, 0));
    }
  }
  return (PyObject *)self;
}

PyObject *setup_methods(PyObject *module, PyObject *arguments) {
  struct state *self = PyModule_GetState(module);
  PyObject *method, *property, *both = NULL;
  if (!PyArg_ParseTuple(arguments, "O!O!", &PyDict_Type, &self->array_classes, &PyDict_Type,
                        &self->index_classes)) {
    return NULL;
  }
  Py_INCREF(arguments); /* keeps all of them alive */
  method =
      class_of_functions(module, "torchffi._speedups.Method", sizeof(struct method), new_method, free_method);
  property = class_of_properties(module, "torchffi._speedups.ArrayProperty", sizeof(struct method),
                                 new_method, get_array_property, free_method);
  if (method != NULL && property != NULL) {
    both = PyTuple_Pack(2, method, property);
  }
  Py_XDECREF(method);
  Py_XDECREF(property);
  return both;
}
