/* What the binding itself offers beside rt_torch.h. cffi reads this file as it is: declarations only. */

/* Opens a library for this binding alone. NULL on failure, with dlerror's words at error. */
void *torchffi_open(const char *path, char *error, int64_t capacity);

/* Gives back what torchffi_open returned. */
void torchffi_close(void *library);

/* The version of an opened LibTorch, packed as in torch/headeronly/version.h; 0 if it does not tell. */
uint64_t torchffi_libtorch_version(void *library);

/* Digest of the rt_torch.h that this binding was generated from. */
const char *torchffi_header_digest(void);

/* Sends the rt_torch_ calls to an opened shim, for good. Refuses one that is a stub, lacks a function, or was
   built from another header or for another LibTorch than libtorch_version. 0; -1 with the reason at error. */
int32_t torchffi_bind(void *shim, const char *libtorch_version, char *error, int64_t capacity);

/* The static name of a DLPack capsule: "dltensor_versioned", "used_dltensor", ... */
const char *torchffi_capsule_name(int32_t versioned, int32_t used);

/* The destructor of a DLPack capsule, a PyObject *, for Python to call: frees what nobody took over. */
void torchffi_capsule_drop(void *capsule);
