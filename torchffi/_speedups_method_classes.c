/* The classes of the methods and the properties in _speedups_methods.c. */
#include "_speedups.h"

static void free_method(PyObject *object) {
  Py_CLEAR(((struct method *)object)->of);
  free_fast(object);
}

/* Method(module, result, function, slow_path, operands, least, most, axes, of). The function is the name of a primitive,
   a function of arrays, in a tuple the name of an attribute of arrays, or that of a method and its argument, and of one
   without arguments for contiguous arrays, or the table of an operation. What is returned, by a letter:
   v  the array in a tensor of the class, or of the class that is given
   d  the same, made writable if the array is
   w  the same if it shares memory
   r  what the function returns
   t  the result of the operation
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

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(struct method, call), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot method_slots[] = {
    {Py_tp_new, new_method},          {Py_tp_call, call_method_with_tuple},
    {Py_tp_descr_get, bind_fast},     {Py_tp_members, members},
    {Py_tp_getattro, fast_attribute}, {Py_tp_repr, fast_repr},
    {Py_tp_dealloc, free_method},     {0, NULL},
};

static PyType_Spec method_spec = {
    .name = "torchffi._speedups.Method",
    .basicsize = sizeof(struct method),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = method_slots};

static PyType_Slot property_slots[] = {
    {Py_tp_new, new_method},
    {Py_tp_descr_get, get_array_property},
    {Py_tp_descr_set, set_property},
    {Py_tp_getattro, fast_attribute},
    {Py_tp_repr, fast_repr},
    {Py_tp_dealloc, free_method},
    {0, NULL},
};

static PyType_Spec property_spec = {.name = "torchffi._speedups.ArrayProperty",
                                    .basicsize = sizeof(struct method),
                                    .flags = Py_TPFLAGS_DEFAULT,
                                    .slots = property_slots};

PyObject *setup_methods(PyObject *module, PyObject *arguments) {
  struct state *self = PyModule_GetState(module);
  PyObject *method, *property, *both = NULL;
  if (!PyArg_ParseTuple(arguments, "O!O!OO!", &PyDict_Type, &self->array_classes, &PyDict_Type,
                        &self->index_classes, &self->method_type, &PyDict_Type, &self->scalars)) {
    return NULL;
  }
  Py_INCREF(arguments); /* keeps all of them alive */
  method = PyType_FromModuleAndSpec(module, &method_spec, NULL);
  property = PyType_FromModuleAndSpec(module, &property_spec, NULL);
  if (method != NULL && property != NULL) {
    both = PyTuple_Pack(2, method, property);
  }
  Py_XDECREF(method);
  Py_XDECREF(property);
  return both;
}
