/* Functions of the binding in addition to rt_torch.h. cffi parses this file: declarations only. */

/* Opens a library with local symbols. NULL on failure, with the message of dlerror() in error. */
void *torchffi_open(const char *path, char *error, int64_t capacity);

/* Closes a library opened by torchffi_open. */
void torchffi_close(void *library);

/* The version of an opened LibTorch, packed as in torch/headeronly/version.h; 0 if unknown. */
uint64_t torchffi_libtorch_version(void *library);

/* Digest of the rt_torch.h that this binding was generated from. */
const char *torchffi_header_digest(void);

/* Directs all rt_torch_*() calls to an opened shim; this cannot be undone. Rejects a shim that is the stub, lacks a
   function, or was built from another header or for another LibTorch than libtorch_version.
   Returns 0, or -1 with the reason in error. */
int32_t torchffi_bind(void *shim, const char *libtorch_version, char *error, int64_t capacity);

/* An array whose memory LibTorch borrows; lender is the owner of the memory. */
struct torchffi_borrow {
  struct torchffi_borrow *next;
  void *lender;
};

/* Creates a tensor over an array's memory. array_struct is the target of the array's __array_struct__; lender
   identifies the owner that must keep the memory alive. Returns the handle; 0 on an error of LibTorch; -1 if the
   memory cannot be used. On success, lender comes back through torchffi_ended_borrows when LibTorch no longer uses
   the memory. */
int64_t torchffi_borrow_array(const void *array_struct, int32_t dtype, void *lender);

/* Pops the list of ended borrows, each of which must be passed to torchffi_forget_borrow; NULL if there are none. */
struct torchffi_borrow *torchffi_ended_borrows(void);

/* Frees an element of torchffi_ended_borrows. */
void torchffi_forget_borrow(struct torchffi_borrow *borrow);

/* The number of arrays that LibTorch borrows, including those in the list of ended borrows. */
int64_t torchffi_borrowed_arrays(void);

/* Sets the addresses that the functions below call: PyGILState_Ensure, PyGILState_Release, PyCapsule_IsValid,
   PyCapsule_GetPointer, PyCapsule_SetName, PyErr_BadArgument and PyCapsule_New, in this order. */
void torchffi_set_capsule_functions(void *const *functions);

/* The static name of a DLPack capsule: "dltensor_versioned", "used_dltensor", ... */
const char *torchffi_capsule_name(int32_t versioned, int32_t used);

/* The destructor of a DLPack capsule, a PyObject *: frees the structure unless it has been consumed. */
void torchffi_destroy_capsule(void *capsule);

/* Calls rt_torch_tensor_to_dlpack; returns a new capsule, a PyObject *, or NULL with an exception set. The caller
   holds the GIL. */
void *torchffi_to_capsule(int64_t tensor, int32_t versioned, int32_t copied);

/* Calls rt_torch_tensor_from_dlpack with the structure in a capsule, a PyObject *, and marks it as consumed. */
int64_t torchffi_from_capsule(void *capsule, int32_t versioned, int32_t copy);
