/* Functions of the binding in addition to rt_torch.h. cffi parses this file: declarations only. */

/* Opens a library with local symbols. NULL on failure, with the message of dlerror() in error. */
void *torchffi_open(const char *path, char *error, int64_t capacity);

/* Closes a library opened by torchffi_open. */
void torchffi_close(void *library);

/* The version of an opened LibTorch, packed as in torch/headeronly/version.h; 0 if unknown. */
uint64_t torchffi_libtorch_version(void *library);

/* Digest of the rt_torch.h that this binding was generated from. */
const char *torchffi_header_digest(void);

/* Directs all rt_torch_*() calls to an opened shim; this cannot be undone. Rejects
   any other one, and a shim that is the stub, lacks a
   function, or was built from another header or for another LibTorch than libtorch_version.
   Returns 0; 1 if that shim is bound already; or -1 with the reason in error. */
int32_t torchffi_bind(void *shim, const char *libtorch_version, char *error, int64_t capacity);

/* The functions below use Python objects. They are passed as PyObject *, by address: id() of an object that the caller
   keeps alive. Each step that changes an owner is done with the GIL held, so that no thread and no signal handler runs
   while something has no owner, or two. */

/* Finds the functions of the interpreter. Returns 0, or -1 if one is missing. */
int32_t torchffi_find_python(void);

/* Frees a handle of any kind, until torchffi_end. The caller has released the GIL. */
int32_t torchffi_free(int64_t handle);

/* The same for a caller that holds the GIL, which is released meanwhile if the memory is slow to free. */
void torchffi_free_with_gil(int64_t handle, int32_t slow);

/* Ends the freeing of handles, before the interpreter does: another library's deleter that then waits for the GIL would
   end its thread, and with that the process. Returns when no call that runs deleters without the GIL is under way. */
void torchffi_end(void);

/* Creates a tensor over an array's memory. array_struct is the target of the array's __array_struct__; lender is the
   owner of the memory, a PyObject *. Returns the handle; 0 on an error of LibTorch; -1 if the memory cannot be used. On
   success it takes over a reference to lender, which torchffi_drop_lenders drops when LibTorch no longer uses the
   memory. */
int64_t torchffi_borrow_array(const void *array_struct, int32_t dtype, void *lender);

/* As torchffi_borrow_array, for an array and its __array_struct__, which are Python objects. Returns 1, with the handle
   in *handle; 0 on an error of LibTorch; -1 if the memory cannot be used; -2 if array_struct is not a capsule. */
int32_t torchffi_borrow(intptr_t array, intptr_t array_struct, int32_t dtype, int64_t *handle);

/* Frees the handle in *handle, and drops the owner of its memory; nothing for 0 and for one that was freed. */
void torchffi_free_at(int64_t *handle);

/* Drops the references to the owners of memory that LibTorch no longer uses. */
void torchffi_drop_lenders(void);

/* As torchffi_borrow, for memory of a Python object that keeps it: nbytes bytes from data on, seen with these dims and
   strides (in elements). */
int32_t torchffi_borrow_memory(intptr_t lender, void *data, int64_t nbytes, const int64_t *dims,
                               const int64_t *strides, int32_t ndim, int32_t dtype, int64_t *handle);

/* The number of arrays that LibTorch borrows, including those that torchffi_drop_lenders has not dropped. */
int64_t torchffi_borrowed_arrays(void);

/* Adds a hook to a tensor: rt_torch_tensor_add_hook. callable is a handle of cffi, which torchffi_python_hook gets;
   keeper is the Python object that keeps it valid. Returns the number of the hook; 0 on an error of LibTorch; -1 if
   there is no memory. On success it takes a reference to keeper, which torchffi_drop_lenders drops. */
int64_t torchffi_add_hook(int64_t tensor, void *callable, intptr_t keeper);

/* Calls rt_torch_function with torchffi_python_backward; callable and keeper as for torchffi_add_hook. Returns its
   result; -2 if there is no memory. */
int32_t torchffi_function(const int64_t *inputs, int64_t inputs_count, const int64_t *values,
                          int64_t values_count, const int64_t *saved, int64_t saved_count, int64_t *results,
                          void *callable, intptr_t keeper);

/* Takes a handle out of an array: returns it, and leaves 0 in its place. */
int64_t torchffi_take(int64_t *handles, int64_t index);

/* Puts a new handle of a tensor into an array. Returns 0; -1 on an error of LibTorch. */
int32_t torchffi_give(int64_t tensor, int64_t *handles, int64_t index);

/* Frees the handles that are left in list[1] to list[n]; n is in list[0]. */
void torchffi_free_list(int64_t *list);

/* Calls rt_torch_call, rt_torch_call_one and rt_torch_call_several with arguments in the memory of a bytes object. */
int64_t torchffi_call(int64_t op, const void *arguments, int64_t count, rt_torch_value *results,
                      int64_t capacity);
int64_t torchffi_call_one(int64_t op, const void *arguments, int64_t count, int64_t position);
int64_t torchffi_call_unary(int64_t op, int64_t tensor,
                            int64_t position); /* ..._call_one for a tensor alone */
int64_t torchffi_call_several(int64_t op, const void *arguments, int64_t count, int64_t *results,
                              int64_t capacity);

/* The number of results of a call for which torchffi_free_results has room. */
enum { TORCHFFI_MOST_RESULTS = 1024 };

/* Calls rt_torch_values_free for an array of TORCHFFI_MOST_RESULTS values. */
void torchffi_free_results(rt_torch_value *results);

/* The destructor of a DLPack capsule: frees the structure unless a consumer renamed the capsule. The caller holds the
   GIL. An exception that is being handled is kept. */
void torchffi_destroy_capsule(void *capsule);

/* Calls rt_torch_tensor_to_dlpack and appends a new capsule to a list, which is then its owner. Returns 0; -1 for an
   error of LibTorch; -2 if there is no memory for the capsule. */
int32_t torchffi_to_capsule(int64_t tensor, int32_t versioned, int32_t copied, intptr_t list);

/* Calls rt_torch_tensor_from_dlpack with the structure in a capsule, which it marks as consumed. Returns the handle,
   or 0 with an error of LibTorch; the capsule then still owns the structure. */
int64_t torchffi_from_capsule(intptr_t capsule, int32_t copy);

/* Returns 1 for a DLPack capsule with a structure, 0 for a consumed one, and -1 for other objects. */
int32_t torchffi_capsule_state(intptr_t capsule);
