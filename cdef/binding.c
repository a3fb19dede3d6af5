/* The inside of torchffi._binding: the table of functions, and the loader that fills it. It stands after rt_torch.h,
   the functions unavailable_rt_torch_* and the list RT_FUNCTIONS. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

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

/* Always -1, so that a caller can return it. */
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
  /* RTLD_NOW: a library that lacks a symbol is refused here, not in the middle of a call. RTLD_LOCAL: what
     another extension brings along stays out of each other's way. */
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

/* Fills rt_loaded; call with rt_lock held and nothing published. */
static int32_t rt_fill(void *shim, const char *libtorch_version, char *error, int64_t capacity) {
#define X(name) *(void **)&rt_loaded.name = dlsym(shim, #name);
  RT_FUNCTIONS(X)
#undef X
  /* The digest first: it explains a function that is missing. */
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
    return rt_refuse(error, capacity, "it was built for LibTorch %s, and LibTorch %s is loaded",
                     rt_loaded.rt_torch_version(), libtorch_version);
  }
  return 0;
}

int32_t torchffi_bind(void *shim, const char *libtorch_version, char *error, int64_t capacity) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  int32_t status;
  pthread_mutex_lock(&lock);
  if (rt_functions() != &rt_unavailable) {
    status = rt_refuse(error, capacity, "another shim is in use already");
  } else {
    status = rt_fill(shim, libtorch_version, error, capacity);
    if (status == 0) {
      atomic_store_explicit(&rt_published, &rt_loaded, memory_order_release);
    }
  }
  pthread_mutex_unlock(&lock);
  return status;
}

/* ---- DLPack capsules ---- */

const char *torchffi_capsule_name(int32_t versioned, int32_t used) {
  return versioned ? (used ? "used_dltensor_versioned" : "dltensor_versioned")
                   : (used ? "used_dltensor" : "dltensor");
}

void torchffi_capsule_drop(void *capsule) {
  /* Whoever takes the structure over renames the capsule. Neither call can raise: an exception that is under
     way stays as it is. */
  for (int32_t versioned = 0; versioned < 2; ++versioned) {
    const char *name = torchffi_capsule_name(versioned, 0);
    if (PyCapsule_IsValid(capsule, name)) {
      rt_functions()->rt_torch_dlpack_free(PyCapsule_GetPointer(capsule, name), versioned);
      return;
    }
  }
}

/* ---- From here on a call goes through the table ---- */
