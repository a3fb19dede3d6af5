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

/* Memory that LibTorch has borrowed and given back. */
struct torchffi_borrow {
  struct torchffi_borrow *next;
  void *lender;
};

/* A tensor over an array's own memory. array_struct is what the array's __array_struct__ points to, lender whatever
   tells who keeps the memory alive. 0 where LibTorch refuses, -1 where it cannot use such memory; then the lender is
   not kept. Else it comes back through torchffi_ended_borrows once the memory is no longer used. */
int64_t torchffi_borrow_array(const void *array_struct, int32_t dtype, void *lender);

/* Takes the list of what LibTorch has given back, each to be handed to torchffi_forget_borrow; NULL if there is nothing. */
struct torchffi_borrow *torchffi_ended_borrows(void);

/* Frees what torchffi_ended_borrows returned. */
void torchffi_forget_borrow(struct torchffi_borrow *borrow);

/* How many arrays LibTorch borrows, those in the list of ended borrows included. */
int64_t torchffi_borrowed_arrays(void);

/* Gives the functions below the addresses of PyGILState_Ensure, PyGILState_Release, PyCapsule_IsValid,
   PyCapsule_GetPointer, PyCapsule_SetName, PyErr_BadArgument and PyCapsule_New, in this order. */
void torchffi_set_capsule_functions(void *const *functions);

/* The static name of a DLPack capsule: "dltensor_versioned", "used_dltensor", ... */
const char *torchffi_capsule_name(int32_t versioned, int32_t used);

/* The destructor of a DLPack capsule, a PyObject *, for Python to call: frees what was not taken over. */
void torchffi_destroy_capsule(void *capsule);

/* rt_torch_tensor_to_dlpack in a capsule, a new PyObject *; NULL with an exception on failure. The caller holds the interpreter's lock. */
void *torchffi_to_capsule(int64_t tensor, int32_t versioned, int32_t copied);

/* rt_torch_tensor_from_dlpack of the structure in a capsule, a PyObject *, which only one caller can take over. */
int64_t torchffi_from_capsule(void *capsule, int32_t versioned, int32_t copy);
