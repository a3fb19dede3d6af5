/* Implementation of torchffi._binding: the function table and the loader that fills it. Included after rt_torch.h,
   the functions unavailable_rt_torch_* and the list RT_FUNCTIONS. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- The table ---- */

struct rt_functions {
#define X(name) __typeof__(name) *name;
  RT_FUNCTIONS(X)
#undef X
};

static const struct rt_functions rt_unavailable = {
#define X(name) .name = unavailable_##name,
    RT_FUNCTIONS(X)
#undef X
};

static struct rt_functions rt_loaded;
static const struct rt_functions *_Atomic rt_published = &rt_unavailable;

static inline const struct rt_functions *rt_functions(void) {
  return atomic_load_explicit(&rt_published, memory_order_acquire);
}

/* ---- The loader ---- */

/* Returns -1, so that a caller can return its result. */
__attribute__((format(printf, 3, 4))) static int32_t rt_refuse(char *error, int64_t capacity,
                                                               const char *format, ...) {
  if (error != NULL && capacity > 0) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, (size_t)capacity, format, arguments);
    va_end(arguments);
  }
  return -1;
}

void *torchffi_open(const char *path, char *error, int64_t capacity) {
  /* RTLD_NOW: a missing symbol fails here, not in the middle of a call. RTLD_LOCAL: the symbols do not clash with
     those of other extensions. */
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *reason = dlerror();
    rt_refuse(error, capacity, "%s", reason != NULL ? reason : "dlopen failed");
  }
  return library;
}

void torchffi_close(void *library) {
  if (library != NULL) {
    dlclose(library);
  }
}

uint64_t torchffi_libtorch_version(void *library) {
  uint64_t (*version)(void) = NULL;
  *(void **)&version = dlsym(library, "aoti_torch_abi_version");
  return version != NULL ? version() : 0;
}

const char *torchffi_header_digest(void) {
  return RT_TORCH_HEADER_DIGEST;
}

/* Length of the leading "2.13.0" of a version such as "2.13.0a0+cpu". */
static size_t rt_release_length(const char *version) {
  return strspn(version, "0123456789.");
}

static int rt_same_release(const char *a, const char *b) {
  const size_t length = rt_release_length(a);
  return length == rt_release_length(b) && strncmp(a, b, length) == 0;
}

/* Fills rt_loaded. The caller holds the lock, and rt_loaded has not been published. */
static int32_t rt_fill(void *shim, const char *libtorch_version, char *error, int64_t capacity) {
#define X(name) *(void **)&rt_loaded.name = dlsym(shim, #name);
  RT_FUNCTIONS(X)
#undef X
  /* The digest first: it is the better explanation of a missing function. */
  if (rt_loaded.rt_torch_header_digest != NULL &&
      strcmp(rt_loaded.rt_torch_header_digest(), RT_TORCH_HEADER_DIGEST) != 0) {
    return rt_refuse(error, capacity,
                     "it was built from another rt_torch.h (digest %.12s..., expected %.12s...)",
                     rt_loaded.rt_torch_header_digest(), RT_TORCH_HEADER_DIGEST);
  }
#define X(name)                                                        \
  if (rt_loaded.name == NULL) {                                        \
    return rt_refuse(error, capacity, "it lacks the function " #name); \
  }
  RT_FUNCTIONS(X)
#undef X
  if (!rt_loaded.rt_torch_available()) {
    return rt_refuse(error, capacity, "it is the stub, which was built without LibTorch");
  }
  if (!rt_same_release(rt_loaded.rt_torch_version(), libtorch_version)) {
    return rt_refuse(error, capacity, "it was built for LibTorch %s, but LibTorch %s is loaded",
                     rt_loaded.rt_torch_version(), libtorch_version);
  }
  return 0;
}

int32_t torchffi_bind(void *shim, const char *libtorch_version, char *error, int64_t capacity) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static void *bound;
  int32_t status;
  pthread_mutex_lock(&lock);
  if (rt_functions() != &rt_unavailable) { /* dlopen returns the same pointer for a library that is open */
    status = shim == bound ? 1 : rt_refuse(error, capacity, "another shim is in use already");
  } else {
    status = rt_fill(shim, libtorch_version, error, capacity);
    if (status == 0) {
      bound = shim;
      atomic_store_explicit(&rt_published, &rt_loaded, memory_order_release);
    }
  }
  pthread_mutex_unlock(&lock);
  return status;
}

/* ---- Functions of the interpreter ---- */

typedef void rt_object; /* PyObject: this file does not depend on the version of Python */

#define RT_PYTHON_FUNCTIONS(X)                                                 \
  X(int, PyGILState_Ensure, (void))                                            \
  X(void, PyGILState_Release, (int))                                           \
  X(void *, PyEval_SaveThread, (void))                                         \
  X(void, PyEval_RestoreThread, (void *))                                      \
  X(int, PyCapsule_IsValid, (rt_object *, const char *))                       \
  X(void *, PyCapsule_GetPointer, (rt_object *, const char *))                 \
  X(int, PyCapsule_SetName, (rt_object *, const char *))                       \
  X(rt_object *, PyCapsule_New, (void *, const char *, void (*)(rt_object *))) \
  X(int, PyList_Append, (rt_object *, rt_object *))                            \
  X(void, PyErr_Clear, (void))                                                 \
  X(void, Py_IncRef, (rt_object *))                                            \
  X(void, Py_DecRef, (rt_object *))

static struct {
#define X(result, name, arguments) result(*name) arguments;
  RT_PYTHON_FUNCTIONS(X)
#undef X
} rt_python;

int32_t torchffi_find_python(void) {
  void *process = dlopen(NULL, RTLD_NOW);
  int missing = process == NULL;
#define X(result, name, arguments)                                         \
  if (!missing) {                                                          \
    missing = (*(void **)&rt_python.name = dlsym(process, #name)) == NULL; \
  }
  RT_PYTHON_FUNCTIONS(X)
#undef X
  return missing ? -1 : 0;
}

/* ---- The end of the process ---- */

static atomic_int rt_over;
static atomic_int rt_under_way; /* calls that may run deleters, without the GIL */

/* Begins such a call, which must end with rt_leave(); 0 if it must not begin any more. */
static int rt_enter(void) {
  atomic_fetch_add(&rt_under_way, 1);
  if (!atomic_load(&rt_over)) {
    return 1;
  }
  atomic_fetch_sub(&rt_under_way, 1);
  return 0;
}

static void rt_leave(void) {
  atomic_fetch_sub(&rt_under_way, 1);
}

int32_t torchffi_free(int64_t handle) {
  int32_t status = 0;
  if (rt_enter()) {
    switch (handle >> 26 & 31) {
      case RT_TORCH_MODULE:
        status = rt_functions()->rt_torch_module_free(handle);
        break;
      case RT_TORCH_PACKAGE:
        status = rt_functions()->rt_torch_package_free(handle);
        break;
      default:
        status = rt_functions()->rt_torch_tensor_free(handle);
    }
    rt_leave();
  }
  return status;
}

void torchffi_free_with_gil(int64_t handle, int32_t slow) {
  if (slow) { /* every module and package is */
    void *thread = rt_python.PyEval_SaveThread();
    torchffi_free(handle);
    rt_python.PyEval_RestoreThread(thread);
  } else if (!atomic_load_explicit(&rt_over, memory_order_relaxed)) {
    const int64_t slow_one = rt_functions()->rt_torch_tensor_free_unless_slow(handle);
    if (slow_one > 0) {
      torchffi_free_with_gil(slow_one, 1);
    }
  }
}

void torchffi_end(void) {
  atomic_store(&rt_over, 1);
  for (int waited = 0; waited < 5000 && atomic_load(&rt_under_way) > 0; ++waited) {
    usleep(1000);
  }
}

/* ---- Arrays whose memory LibTorch borrows ---- */

/* NumPy's array interface: the target of an array's __array_struct__. */
struct rt_array {
  int two, ndim;
  char kind;
  int itemsize, flags;
  intptr_t *dims, *strides; /* in bytes */
  void *data;
};
_Static_assert(sizeof(intptr_t) == sizeof(int64_t), "dims are passed on without conversion");

enum { RT_CONTIGUOUS = 0x1, RT_ALIGNED = 0x100, RT_NATIVE = 0x200, RT_WRITABLE = 0x400 };

/* LibTorch can release borrowed memory on any thread, even after Python has ended, so the owner of the memory is
   queued here for a thread that may use Python objects. The list is only ever popped whole: no ABA problem. The context
   of a callback is a borrow too, of the Python object to call. */
struct rt_borrow {
  struct rt_borrow *next;
  rt_object *lender;
  void *callable; /* a handle of cffi; NULL for an array */
};
static struct rt_borrow *_Atomic rt_ended;
static _Atomic int64_t rt_borrowed;

static void rt_end_borrow(void *context) {
  struct rt_borrow *borrow = context;
  borrow->next = atomic_load_explicit(&rt_ended, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(&rt_ended, &borrow->next, borrow, memory_order_release,
                                                memory_order_relaxed)) {
  }
}

static void rt_forget_borrow(struct rt_borrow *borrow) {
  if (borrow->callable == NULL) {
    atomic_fetch_sub_explicit(&rt_borrowed, 1, memory_order_relaxed);
  }
  free(borrow);
}

void torchffi_drop_lenders(void) {
  struct rt_borrow *borrow;
  int state;
  if (atomic_load_explicit(&rt_ended, memory_order_relaxed) == NULL) {
    return;
  }
  state = rt_python.PyGILState_Ensure();
  borrow = atomic_exchange_explicit(&rt_ended, NULL, memory_order_acquire);
  while (borrow != NULL) {
    struct rt_borrow *next = borrow->next;
    rt_object *lender = borrow->lender;
    rt_forget_borrow(borrow);
    rt_python.Py_DecRef(lender); /* may run other Python code */
    borrow = next;
  }
  rt_python.PyGILState_Release(state);
}

int64_t torchffi_borrowed_arrays(void) {
  return atomic_load_explicit(&rt_borrowed, memory_order_relaxed);
}

static int rt_usable(const struct rt_array *array) {
  const int wanted = RT_ALIGNED | RT_NATIVE | RT_WRITABLE;
  if (array->two != 2 || array->ndim < 0 || array->ndim > RT_TORCH_MAX_NDIM || array->itemsize <= 0 ||
      (array->flags & wanted) != wanted) {
    return 0;
  }
  for (int axis = 0; axis < array->ndim && !(array->flags & RT_CONTIGUOUS); ++axis) {
    if (array->dims[axis] > 1 && (array->strides[axis] < 0 || array->strides[axis] % array->itemsize != 0)) {
      return 0;
    }
  }
  return 1;
}

/* A tensor over memory that the lender keeps; 0 on failure, -1 out of memory. */
static int64_t rt_tensor_over(rt_object *lender, void *data, int64_t nbytes, const int64_t *dims,
                              const int64_t *strides, int32_t ndim, int32_t dtype) {
  struct rt_borrow *borrow = malloc(sizeof *borrow);
  int64_t handle;
  if (borrow == NULL) {
    return -1;
  }
  borrow->lender = lender;
  borrow->callable = NULL;
  atomic_fetch_add_explicit(&rt_borrowed, 1, memory_order_relaxed);
  handle = rt_functions()->rt_torch_tensor_from_blob(data, nbytes, dims, strides, ndim, dtype, rt_end_borrow,
                                                     borrow);
  if (handle == 0) {
    rt_forget_borrow(borrow);
  }
  return handle;
}

int64_t torchffi_borrow_array(const void *array_struct, int32_t dtype, void *lender) {
  const struct rt_array *array = array_struct;
  int64_t strides[RT_TORCH_MAX_NDIM];
  uint64_t nbytes = 0;
  int empty = 0;
  if (array == NULL || !rt_usable(array)) {
    return -1;
  }
  nbytes = (uint64_t)array->itemsize; /* wraps for impossible dims, which the shim rejects */
  for (int axis = 0; axis < array->ndim; ++axis) {
    const int64_t n = array->dims[axis], step = array->strides[axis];
    empty |= n == 0;
    nbytes += ((uint64_t)n - 1) * (uint64_t)step;
    strides[axis] = step < 0 ? 1 : step / array->itemsize; /* negative only for an axis of length 1 */
  }
  return rt_tensor_over(lender, array->data, empty ? 0 : (int64_t)nbytes, (const int64_t *)array->dims,
                        array->flags & RT_CONTIGUOUS && !empty ? NULL : strides, array->ndim, dtype);
}

/* Keeps the lender of a tensor that was made; returns 1, or the status of a failure. */
static int32_t rt_hold(rt_object *lender, int64_t made, int64_t *handle) {
  if (made <= 0) {
    return (int32_t)made;
  }
  rt_python.Py_IncRef(lender); /* the GIL is held: nothing dropped it yet */
  *handle = made;
  return 1;
}

int32_t torchffi_borrow_memory(intptr_t lender, void *data, int64_t nbytes, const int64_t *dims,
                               const int64_t *strides, int32_t ndim, int32_t dtype, int64_t *handle) {
  const int state = rt_python.PyGILState_Ensure();
  const int64_t made = rt_tensor_over((rt_object *)lender, data, nbytes, dims, strides, ndim, dtype);
  const int32_t status = rt_hold((rt_object *)lender, made, handle);
  rt_python.PyGILState_Release(state);
  return status;
}

int32_t torchffi_borrow(intptr_t array, intptr_t array_struct, int32_t dtype, int64_t *handle) {
  const int state = rt_python.PyGILState_Ensure();
  const void *target = rt_python.PyCapsule_GetPointer((rt_object *)array_struct, NULL);
  int32_t status = -2;
  if (target == NULL) {
    rt_python.PyErr_Clear();
  } else {
    status = rt_hold((rt_object *)array, torchffi_borrow_array(target, dtype, (rt_object *)array), handle);
  }
  rt_python.PyGILState_Release(state);
  return status;
}

void torchffi_free_at(int64_t *handle) {
  if (*handle != 0) {
    torchffi_free(*handle);
    torchffi_drop_lenders();
  }
}

/* ---- Functions in Python that LibTorch calls while it computes gradients ---- */

static int32_t torchffi_python_hook(void *callable, int64_t *handles);
static int32_t torchffi_python_backward(void *callable, const int64_t *gradients, int64_t results,
                                        const int64_t *saved, int64_t saved_count, int64_t *found,
                                        int64_t count);

static void rt_free_handles(int64_t *handles, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    rt_functions()->rt_torch_tensor_free(torchffi_take(handles, i));
  }
}

static int64_t rt_call_hook(void *context, int64_t gradient) {
  int64_t handles[2] = {gradient, 0}; /* the gradient, and what replaces it */
  int32_t status = -1;
  if (rt_enter()) {
    status = torchffi_python_hook(((struct rt_borrow *)context)->callable, handles);
    rt_leave();
  }
  rt_free_handles(handles, status == 0 ? 1 : 2);
  return status == 0 ? handles[1] : -1;
}

static int32_t rt_call_backward(void *context, const int64_t *gradients, int64_t results,
                                const int64_t *saved, int64_t saved_count, int64_t *found, int64_t count) {
  int32_t status = -1;
  if (rt_enter()) {
    status = torchffi_python_backward(((struct rt_borrow *)context)->callable, gradients, results, saved,
                                      saved_count, found, count);
    rt_leave();
  }
  if (status != 0) {
    rt_free_handles(found, count);
  }
  return status;
}

static struct rt_borrow *rt_lend(void *callable, intptr_t keeper) {
  struct rt_borrow *borrow = malloc(sizeof *borrow);
  if (borrow != NULL) {
    const int state = rt_python.PyGILState_Ensure();
    rt_python.Py_IncRef((rt_object *)keeper);
    rt_python.PyGILState_Release(state);
    borrow->lender = (rt_object *)keeper;
    borrow->callable = callable;
  }
  return borrow;
}

int64_t torchffi_add_hook(int64_t tensor, void *callable, intptr_t keeper) {
  struct rt_borrow *borrow = rt_lend(callable, keeper);
  int64_t number =
      borrow == NULL ? -1
                     : rt_functions()->rt_torch_tensor_add_hook(tensor, rt_call_hook, rt_end_borrow, borrow);
  if (number == 0) {
    rt_end_borrow(borrow);
    torchffi_drop_lenders();
  }
  return number;
}

int32_t torchffi_function(const int64_t *inputs, int64_t inputs_count, const int64_t *values,
                          int64_t values_count, const int64_t *saved, int64_t saved_count, int64_t *results,
                          void *callable, intptr_t keeper) {
  struct rt_borrow *borrow = rt_lend(callable, keeper);
  int32_t status = borrow == NULL ? -2
                                  : rt_functions()->rt_torch_function(
                                        inputs, inputs_count, values, values_count, saved, saved_count,
                                        results, rt_call_backward, rt_end_borrow, borrow);
  if (status == -1) {
    rt_end_borrow(borrow);
  }
  torchffi_drop_lenders();
  return status;
}

/* ---- Arguments and results of a call ---- */

int64_t torchffi_call(int64_t op, const void *arguments, int64_t count, rt_torch_value *results,
                      int64_t capacity) {
  return rt_functions()->rt_torch_call(op, arguments, count, results, capacity);
}

int64_t torchffi_call_one(int64_t op, const void *arguments, int64_t count, int64_t position) {
  return rt_functions()->rt_torch_call_one(op, arguments, count, position);
}

int64_t torchffi_call_unary(int64_t op, int64_t tensor, int64_t position) {
  const rt_torch_value argument = {.tag = RT_TORCH_TENSOR, .length = 0, .data = {.i = tensor}};
  return rt_functions()->rt_torch_call_one(op, &argument, 1, position);
}

int64_t torchffi_call_several(int64_t op, const void *arguments, int64_t count, int64_t *results,
                              int64_t capacity) {
  return rt_functions()->rt_torch_call_several(op, arguments, count, results, capacity);
}

int64_t torchffi_take(int64_t *handles, int64_t index) {
  const int64_t handle = handles[index];
  handles[index] = 0;
  return handle;
}

int32_t torchffi_give(int64_t tensor, int64_t *handles, int64_t index) {
  /* Not of an alias: a leaf may get the only reference to a tensor as its gradient, which is added up in place, and must
     not get that of an alias of memory in use. */
  handles[index] = rt_functions()->rt_torch_tensor_new_handle(tensor);
  return handles[index] != 0 ? 0 : -1;
}

void torchffi_free_list(int64_t *list) {
  for (int64_t i = 1; i <= list[0]; ++i) {
    torchffi_free(torchffi_take(list, i));
  }
}

void torchffi_free_results(rt_torch_value *results) {
  rt_functions()->rt_torch_values_free(results, TORCHFFI_MOST_RESULTS);
}

/* ---- DLPack capsules ---- */

/* A capsule does not copy its name, and a consumer compares the text. */
static const char *const rt_new_names[] = {"dltensor", "dltensor_versioned"};
static const char *const rt_used_names[] = {"used_dltensor", "used_dltensor_versioned"};

/* The index of a capsule's name; -1 for other objects. The caller holds the GIL. Raises nothing. */
static int rt_index(rt_object *capsule, const char *const *names) {
  return rt_python.PyCapsule_IsValid(capsule, names[1])   ? 1
         : rt_python.PyCapsule_IsValid(capsule, names[0]) ? 0
                                                          : -1;
}

void torchffi_destroy_capsule(void *capsule) {
  const int versioned = rt_index(capsule, rt_new_names);
  if (versioned >= 0) {
    void *managed = rt_python.PyCapsule_GetPointer(capsule, rt_new_names[versioned]);
    rt_functions()->rt_torch_dlpack_free(managed, versioned);
  }
}

int32_t torchffi_to_capsule(int64_t tensor, int32_t versioned, int32_t copied, intptr_t list) {
  void *managed = rt_functions()->rt_torch_tensor_to_dlpack(tensor, versioned, copied);
  rt_object *capsule;
  int32_t status = -2;
  int state;
  if (managed == NULL) {
    return -1;
  }
  state = rt_python.PyGILState_Ensure();
  capsule = rt_python.PyCapsule_New(managed, rt_new_names[versioned], torchffi_destroy_capsule);
  if (capsule == NULL) {
    rt_functions()->rt_torch_dlpack_free(managed, versioned);
  } else {
    status = rt_python.PyList_Append((rt_object *)list, capsule) == 0 ? 0 : -2;
    rt_python.Py_DecRef(capsule); /* frees the structure if the list does not own it */
  }
  if (status != 0) {
    rt_python.PyErr_Clear();
  }
  rt_python.PyGILState_Release(state);
  return status;
}

int64_t torchffi_from_capsule(intptr_t address, int32_t copy) {
  rt_object *capsule = (rt_object *)address;
  void *managed = NULL;
  int64_t handle;
  int entered, state = rt_python.PyGILState_Ensure();
  const int versioned = rt_index(capsule, rt_new_names);
  if (versioned >= 0) {
    managed = rt_python.PyCapsule_GetPointer(capsule, rt_new_names[versioned]);
    rt_python.PyCapsule_SetName(capsule, rt_used_names[versioned]);
  }
  rt_python.PyGILState_Release(state);
  entered = rt_enter(); /* a structure that was copied is freed */
  handle = rt_functions()->rt_torch_tensor_from_dlpack(managed, versioned > 0, copy);
  if (entered) {
    rt_leave();
  }
  if (handle == 0 && managed != NULL) {
    state = rt_python.PyGILState_Ensure();
    rt_python.PyCapsule_SetName(capsule, rt_new_names[versioned]);
    rt_python.PyGILState_Release(state);
  }
  return handle;
}

int32_t torchffi_capsule_state(intptr_t capsule) {
  const int state = rt_python.PyGILState_Ensure();
  const int fresh = rt_index((rt_object *)capsule, rt_new_names) >= 0;
  const int used = rt_index((rt_object *)capsule, rt_used_names) >= 0;
  rt_python.PyGILState_Release(state);
  return fresh ? 1 : used ? 0 : -1;
}

/* ---- Below this line rt_torch_*() are macros that call through the table ---- */
