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

/* A context for torchffi_release that carries an id; NULL if there is no memory. */
void *torchffi_ticket(int64_t id);

/* Gives a ticket back that nobody will release. */
void torchffi_ticket_drop(void *ticket);

/* The deleter for rt_torch_tensor_from_blob: queues the id of its ticket. Any thread, also after Python. */
void torchffi_release(void *ticket);

/* Takes an id off the queue; 0 if there is none. */
int64_t torchffi_returned(void);

/* rt_torch_tensor_free, which may release memory, and then torchffi_returned. */
int64_t torchffi_free(int64_t tensor);

/* rt_torch_tensor_from_blob with torchffi_release as the deleter; the id of its ticket is the handle. 0 as
   rt_torch_tensor_from_blob, -1 if there is no memory for the ticket. */
int64_t torchffi_borrow(void *data, int64_t nbytes, const int64_t *dims, const int64_t *strides, int64_t ndim,
                        int32_t dtype);

/* The static name of a DLPack capsule: "dltensor_versioned", "used_dltensor", ... */
const char *torchffi_capsule_name(int32_t versioned, int32_t used);

/* The destructor of a DLPack capsule, a PyObject *, for Python to call: frees what nobody took over. */
void torchffi_capsule_drop(void *capsule);
