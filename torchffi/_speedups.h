/* What the C files of torchffi._speedups share: the state of the module, and functions on tensors on NumPy. */
#ifndef TORCHFFI_SPEEDUPS_H
#define TORCHFFI_SPEEDUPS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <structmember.h>

/* In the stable ABI of all versions of Python that have it (from 3.8 on), declared there from 3.12 on. */
#ifndef Py_TPFLAGS_HAVE_VECTORCALL
#define Py_TPFLAGS_HAVE_VECTORCALL (1UL << 11)
#endif
#define ARGUMENTS_OFFSET ((size_t)1 << (8 * sizeof(size_t) - 1))

/* The option -fvisibility=hidden does not hide what is only declared. */
#pragma GCC visibility push(hidden)

/* The state of the module. torchffi can be imported again, with new classes, while tensors of the old ones are alive.
   Never freed: the callbacks keep the module alive. */
struct state {
  PyTypeObject *owner_type, *finalizer_type; /* see _speedups_owners.c */
  Py_ssize_t handle_offset;                  /* bytes from a finalizer to its handle */
  PyObject *kinds;                           /* dict: dtype code -> tensor class */
  PyObject *callback, *borrowed_callback;    /* finalize() and finalize_borrowed() */
  PyObject *spare_frame,
      *new_frame;       /* an array for handles that no call uses, and the function that makes one */
  PyObject *functions;  /* dict: primitive of NumPy -> function and first arguments; finds what is missing */
  PyObject *fit;        /* makes an array of a result, of the dtype of a class of tensors */
  PyObject *dtypes;     /* dict: class of tensors -> NumPy's dtype, as far as fit() was called for it */
  PyObject *array_slot; /* the descriptor of the slot _data of tensors on NumPy */
  Py_ssize_t slot_offset;  /* bytes from a tensor to that slot; 0 until the first one is made */
  PyObject *held_class;    /* the last class of which one was made; NULL until its slot is known */
  PyObject *array_classes; /* dict: class of tensors on NumPy -> whether it is of a floating-point dtype */
  PyObject *index_classes; /* dict: those whose tensors are indices -> whether of integers */
  PyObject *scalars;       /* dict: class of tensors, type of a number, number -> tensor */
  PyObject *method_type;   /* types.MethodType */
};

/* An object that owns a handle. */
struct owner {
  PyObject_HEAD PyObject *data; /* the handle, as int */
  PyObject *cached_view;
  PyObject *weak_references;
};

/* The handle of an owner, as int; a borrowed reference. NULL, without an exception, for any other object. */
static inline PyObject *number_of_owner(const struct state *self, PyObject *object) {
  return PyType_IsSubtype(Py_TYPE(object), self->owner_type) ? ((struct owner *)object)->data : NULL;
}

/* Set by setup(): the functions of a slot's descriptor, and names of attributes. */
extern descrgetfunc get_slot;
extern descrsetfunc set_slot;
extern PyObject *dtype_name, *step_name, *shape_name, *ndim_name, *size_name;

/* int -> handle; -1, which is never a handle, for other objects and integers above 64 bits. */
static inline int64_t handle_of(PyObject *number) {
  int overflow;
  return PyLong_AsLongLongAndOverflow(number, &overflow);
}

/* ---- _speedups_owners.c ---- */

/* Creates the classes. Returns -1 on failure. */
int setup_owners(struct state *self, PyTypeObject *reference_type);

/* A weak reference to an owner, with its handle. */
PyObject *new_finalizer(const struct state *self, PyObject *owner, int64_t handle, PyObject *callback);

/* The handle of a finalizer: 0 as soon as that is freed. */
static inline int64_t *handle_in(const struct state *self, PyObject *finalizer) {
  return (int64_t *)((char *)finalizer + self->handle_offset);
}

/* ---- _speedups.c ---- */

/* Whether a function is one in C with such flags: then it is called without the steps that Python takes around a call. */
int takes(PyObject *function, int flags);

/* Calls a function, as it is if it is one that CFFI generates. */
PyObject *call_binding(PyObject *function, PyObject *const *arguments, Py_ssize_t count);

/* A new object of a class, or of that of its dtype for None, that owns the handle that a function returned. On failure the
   handle is freed. NULL without an exception for 0. */
PyObject *own_result(PyObject *module, PyObject *number, PyObject *kind);

/* borrow(array, classes): torchffi/_core/lifetimes.py documents it. */
PyObject *borrow(PyObject *module, PyObject *const *arguments, Py_ssize_t count);

/* A tuple of an array of integers for results, its address, and its length, for one call at a time; and its return. */
PyObject *take_frame(struct state *self);
void give_frame(struct state *self, PyObject *frame);

/* ---- _speedups_attributes.c ---- */

/* The fields of numpy.ndarray: PyArrayObject_fields in NumPy's ndarraytypes.h, up to the flags. */
struct array {
  PyObject_HEAD char *data;
  int axes;
  Py_ssize_t *lengths, *steps; /* elements along each axis, and the bytes between two of them */
  PyObject *base, *dtype;      /* base is NULL for None */
  int flags;
};

/* Called by setup(). Returns -1 on failure. */
int setup_attributes(void);

/* Takes numpy.ndarray for the class of the arrays, if these have the fields. */
void know_arrays(PyTypeObject *type);

/* The fields of an array; NULL for another object. */
const struct array *fields_of(PyObject *object);

/* The number of elements. */
int64_t size_of(const struct array *array);

/* An attribute of an array, or of another object. */
enum attribute { DTYPE, NDIM, SHAPE, SIZE, ATTRIBUTES };
PyObject *attribute_of(PyObject *object, enum attribute which);

/* The attribute of a name; -1 for another one. */
int attribute_named(PyObject *name);

/* Whether a flag of an array is set; -1 on failure. ALIGNED: its elements are where their type requires it. */
enum flag { CONTIGUOUS = 0x0001, ALIGNED = 0x0100, WRITABLE = 0x0400 };
int has_flag(PyObject *object, enum flag which);

/* ---- _speedups_arrays.c ---- */

/* Calls a function with a few arguments. */
enum { MOST_ARGUMENTS = 7 };
PyObject *call_with(PyObject *function, PyObject *const *arguments, Py_ssize_t count);

/* Calls the function of a primitive with its first arguments and the given ones, which the name precedes. */
PyObject *compute(const struct state *self, PyObject *const *arguments, Py_ssize_t count);

/* Replaces a result by an array of the dtype of a class, unless it is one. */
int fit(const struct state *self, PyObject *kind, PyObject **result);

/* After a failure: whether the slow path is taken. It is not for a KeyboardInterrupt, which is no Exception. */
int refused(void);

/* A tensor of a class over an array. */
PyObject *hold(struct state *self, PyObject *kind, PyObject *array);

/* The array of a tensor of a class; NULL, maybe with an exception, if it has none. */
static inline PyObject *array_of(const struct state *self, PyObject *tensor, PyObject *kind) {
  return self->slot_offset != 0 ? Py_XNewRef(*(PyObject **)((char *)tensor + self->slot_offset))
                                : get_slot(self->array_slot, tensor, kind);
}

/* The array of a tensor on NumPy of any class; NULL, maybe with an exception, for another object. */
PyObject *array_of_any(const struct state *self, PyObject *object);

/* Functions of the module: torchffi/_core/tensor_numpy.py documents them. */
PyObject *attempt(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *attempt_any(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *attempt_typed(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *attempt_along(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *overwrite(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *hold_array(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *hold_view(PyObject *module, PyObject *const *arguments, Py_ssize_t count);
PyObject *setup_arrays(PyObject *module, PyObject *arguments);

/* ---- _speedups_indexing.c: NULL, maybe without an exception, for what the slow path does ---- */

/* The elements of an array by a key. */
PyObject *get_elements(const struct state *self, PyObject *array, PyObject *key);

/* Overwrites elements of an array with a number, or with the elements of a tensor of the class; returns None. */
PyObject *set_elements(const struct state *self, PyObject *kind, PyObject *array, PyObject *key,
                       PyObject *value);

/* The elements at an index of an axis, (axis, index), or a number of them from an index on, (axis, first, length). */
PyObject *get_along(PyObject *array, PyObject *const *arguments, Py_ssize_t count);

/* Whether a tensor has no more axes than an array. */
int has_fewer_axes(const struct state *self, PyObject *array, PyObject *value);

/* Whether an array is known to have no two elements at one place. */
int has_own_elements(PyObject *array);

/* Whether two arrays are known to be over the memory of one array. */
int share_owner(PyObject *first, PyObject *second);

/* ---- _speedups_slow_paths.c ---- */

/* The first members of a function, a method or a property in C. The slow path, a function in Python or its property, is for
   what the object does not know; attributes such as the name and the docstring are those of the slow path. */
typedef PyObject *(*call_by_vector)(PyObject *, PyObject *const *, size_t, PyObject *);
#define FAST_HEAD                    \
  PyObject_HEAD struct state *state; \
  call_by_vector call;               \
  PyObject *module, *function, *slow_path;
struct fast {
  FAST_HEAD
};
PyObject *call_slow_path(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names);
PyObject *get_slow_path(PyObject *self, PyObject *tensor, PyObject *type);
void free_fast(PyObject *self);

/* A new class of objects that pass for functions, and are called by their member; and one of properties. */
PyObject *class_of_functions(PyObject *module, const char *name, size_t size, newfunc create,
                             destructor free);
PyObject *class_of_properties(PyObject *module, const char *name, size_t size, newfunc create,
                              descrgetfunc get, destructor free);

/* ---- _speedups_methods.c ---- */

/* A method that calls a function of arrays, and the slow path for arguments that it does not admit and if it fails. */
struct method {
  FAST_HEAD
  PyObject *of;   /* the class of the result; NULL for that of the tensor */
  PyObject *kind; /* the last class of a tensor that was looked up; borrowed from the dict of classes */
  int result;     /* what is returned: see new_method() */
  int attribute;  /* that which is returned; -1 for none */
  int operands;   /* how many tensors of the class are arguments; -1: integers, or a tuple of them;
                            -2: integers, and tuples of them */
  int axes;       /* how many axes the array must have; -1: any number; -2: at least one */
  long long least, most; /* the limits of the integers */
};

PyObject *call_method(PyObject *self, PyObject *const *arguments, size_t flags, PyObject *names);
PyObject *get_array_property(PyObject *self, PyObject *tensor, PyObject *type);

/* ---- _speedups_method_classes.c ---- */

/* setup_methods(classes, index_classes): see torchffi/_numpy_indexing.py; returns the classes of methods and properties. */
PyObject *setup_methods(PyObject *module, PyObject *arguments);

/* ---- _speedups_operations.c ---- */

/* The handle or the array of an operand: a tensor of a class, or a number that has been an operand of such tensors before.
   NULL, maybe without an exception, for others. */
PyObject *data_of(const struct state *self, PyObject *kind, PyObject *operand);

/* setup_operations(scalars): see torchffi/_core/operations.py; returns the class of functions. */
PyObject *setup_operations(PyObject *module, PyObject *scalars);

/* ---- _speedups_queries.c ---- */

/* A function of the binding by its address, which is called with the GIL held: it neither computes nor waits. */
union address {
  Py_ssize_t number; /* 0 for none */
  int32_t (*flag)(int64_t tensor);
  int32_t (*compare)(int64_t tensor, int64_t other);
  int32_t (*set_flag)(int64_t tensor, int32_t value);
  int64_t (*handle)(int64_t tensor);
  int64_t (*lengths)(int64_t tensor, int64_t *out, int64_t capacity);
  int32_t (*copy)(int64_t tensor, void *out, int64_t nbytes);
  int64_t (*count)(void);
  int32_t (*state)(void);
};

/* A method or a property that asks one function. */
struct query {
  FAST_HEAD
  union address address;               /* of the function, if that is called by its address */
  union address is_gradient, gradient; /* of those for the gradient */
  PyObject *answers;
  PyObject *answer[2]; /* to 0 and 1: the first ones of a tuple of answers; borrowed */
  PyObject *argument;  /* the only argument that a method admits, which the function takes too; NULL for none.
                    For keys: the set of the classes of tensors that may be keys */
  PyObject *conversion; /* of the value; NULL for none */
  int result;           /* what is returned: see new_query() */
  int of_shape;         /* whether that is of the shape, which is cached */
};

/* setup_queries(address of is_cuda): see torchffi/_aten/queries.py; returns the classes of methods and properties. */
PyObject *setup_queries(PyObject *module, PyObject *arguments);

/* ---- _speedups_contents.c: NULL, maybe without an exception, for what the slow path does ---- */

/* The shape (s), the number of axes (d), the number of elements (n) or of their bytes (b). */
PyObject *shape_or_count(const struct query *self, PyObject *tensor);

/* The elements of a small tensor on the CPU as lists. */
PyObject *lists_of(const struct query *self, PyObject *tensor);

/* Its only element. */
PyObject *value_of(const struct query *self, PyObject *tensor);

/* An element in memory, by the letter of its type in Python's buffer protocol; F and D are complex numbers. NULL, without an
   exception, for another letter. */
PyObject *element(const void *at, char letter);

int setup_contents(union address is_cuda);

/* ---- _speedups_keys.c: NULL, maybe without an exception, for what the slow path does ---- */

/* tensor[key], for a key of integers, slices, None, an ellipsis and tensors. */
PyObject *get_by_key(const struct query *self, PyObject *tensor, PyObject *key);

/* tensor[key] = value, for such a key. Returns None. */
PyObject *write_by_key(const struct query *self, PyObject *tensor, PyObject *key, PyObject *value);

/* ---- _speedups_functions.c ---- */

/* setup_functions(): see asking() in torchffi/_core/lifetimes.py; returns the class. */
PyObject *setup_functions(PyObject *module, PyObject *unused);

/* ---- _speedups_sharing.c ---- */

/* setup_sharing(): see torchffi/_array/conversion.py; returns the class of functions. */
PyObject *setup_sharing(PyObject *module, PyObject *unused);

#pragma GCC visibility pop
#endif
