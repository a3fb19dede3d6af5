/** @file rt_torch.h
 * LibTorch as plain C: tensors, operators and devices behind integer handles.
 *
 * This header is the single source of truth of torchffi: the binding, its loader table, the list of exported
 * symbols, the stub and the robustness test are generated from it.
 *
 * ## Handles
 *
 * A tensor is an int64_t handle, always positive; 0 is "no tensor". A TorchScript module and a package are
 * handles too; one given in place of the other is BAD_HANDLE. Bits 26 to 30 of a handle are its kind:
 * RT_TORCH_MODULE, RT_TORCH_PACKAGE, or less than 16 for a tensor. A function that returns a "new
 * tensor" gives the caller a handle of its own, to be freed once with rt_torch_tensor_free().
 * Several handles may share one storage: a view keeps the memory of its base alive, so handles may be
 * freed in any order, on any thread. A handle is never reused: one that was freed, or never issued, is
 * BAD_HANDLE from then on. A handle of 2^62 or more refers to a large or borrowed block of memory, or to what
 * was recorded for a gradient: free it promptly, and expect that to take longer, since it may return pages to
 * the system or run another library's deleter.
 *
 * ## Errors
 *
 * Failure is reported by the return value alone: 0 where a tensor is returned, NULL where a structure is, -1
 * where a status, a count or a flag is. rt_torch_last_error() then returns the code and the message of this
 * thread's last failing call. Calls that succeed, and calls that free, do not change that record.
 *
 * In addition to the errors listed at each function, every call that takes a tensor can fail with BAD_HANDLE,
 * every call that creates one with OUT_OF_MEMORY, every operator with NOT_IMPLEMENTED if LibTorch has no
 * kernel for the dtype or the device, and every call with UNAVAILABLE (in the stub, and in a forked child
 * of a process that had loaded LibTorch) or INTERNAL.
 *
 * NULL, lengths and integers are checked; an invalid pointer that is not NULL cannot be. LibTorch's warnings
 * are dropped; functions marked "Never warns" run nothing that has one.
 *
 * ## Vocabulary
 *
 * - dtype: a RT_TORCH_FLOAT32, ... constant, the value of c10::ScalarType.
 * - device: RT_TORCH_CPU (-1), or n >= 0 for CUDA device n.
 * - dims, ndim: a shape, ndim integers >= 0; dims may be NULL if ndim is 0 (a 0-d tensor).
 * - axis: an axis in [-ndim, ndim).
 * - scalar: a dtype and a pointer to RT_TORCH_SCALAR_BYTES bytes, which begin with the value in that dtype.
 * - broadcast: shapes are aligned at the last axis; an axis of length 1 is stretched.
 * - promote: operands of different dtypes are converted to one dtype by LibTorch's type promotion.
 *
 * - leaf: a tensor that no recorded operation made. Gradients are added up in leaves.
 *
 * An operation is recorded, for rt_torch_backward(), if one of its tensors requires gradients and this thread
 * records (rt_torch_set_grad_enabled()). Every function may be called from any thread.
 */
#ifndef RT_TORCH_H
#define RT_TORCH_H

#include <stddef.h>
#include <stdint.h>

#ifndef RT_TORCH_API
#if defined(__GNUC__)
#define RT_TORCH_API __attribute__((visibility("default"), nothrow))
#else
#define RT_TORCH_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Version of this interface. Each addition raises it; nothing is removed or changed after a release. */
enum { RT_TORCH_ABI_VERSION = 18 };

/** Limits. An integer beyond its limit is INVALID_ARGUMENT. */
enum {
  RT_TORCH_MAX_NDIM = 64,       /**< axes of a tensor */
  RT_TORCH_MAX_THREADS = 1024,  /**< threads in one pool */
  RT_TORCH_MAX_TENSORS = 65536, /**< tensors in one list */
  RT_TORCH_SCALAR_BYTES = 16,   /**< bytes a scalar or an item takes */
  RT_TORCH_ERROR_BYTES = 4096   /**< bytes of the longest error text, its NUL included */
};

/** Kinds of handles other than tensors: (handle >> 26 & 31). */
enum { RT_TORCH_MODULE = 17, RT_TORCH_PACKAGE = 19 };

/** Devices. CUDA devices are 0, 1, ... */
enum { RT_TORCH_CPU = -1 };

/** dtypes: the values of c10::ScalarType. */
enum {
  RT_TORCH_UINT8 = 0,
  RT_TORCH_INT8 = 1,
  RT_TORCH_INT16 = 2,
  RT_TORCH_INT32 = 3,
  RT_TORCH_INT64 = 4,
  RT_TORCH_FLOAT16 = 5,
  RT_TORCH_FLOAT32 = 6,
  RT_TORCH_FLOAT64 = 7,
  RT_TORCH_COMPLEX64 = 9,
  RT_TORCH_COMPLEX128 = 10,
  RT_TORCH_BOOL = 11,
  RT_TORCH_BFLOAT16 = 15,
  RT_TORCH_UINT16 = 27,
  RT_TORCH_UINT32 = 28,
  RT_TORCH_UINT64 = 29
};

/** Error codes, as rt_torch_last_error() returns them. */
enum {
  RT_TORCH_OK = 0,               /**< no call of this thread has failed yet */
  RT_TORCH_INVALID_ARGUMENT = 1, /**< NULL, a length, a value; any other failed check of LibTorch */
  RT_TORCH_SHAPE = 2,            /**< shapes are incompatible */
  RT_TORCH_TYPE = 3,             /**< dtype not supported */
  RT_TORCH_INDEX = 4,            /**< index or axis out of range */
  RT_TORCH_OUT_OF_MEMORY = 5,    /**< the allocator failed */
  RT_TORCH_NOT_IMPLEMENTED = 6,  /**< LibTorch has no kernel for this dtype or device */
  RT_TORCH_LINALG = 7,           /**< singular matrix, no convergence */
  RT_TORCH_BAD_HANDLE = 8,       /**< freed, never issued, or 0 where a tensor is needed */
  RT_TORCH_UNAVAILABLE = 9,      /**< no LibTorch; CUDA requested and not available; a forked child */
  RT_TORCH_INTERNAL = 10         /**< internal assertion, unknown exception */
};

/* ---- The process --------------------------------------------------------------------------------- */

/** Whether this library was built with LibTorch.
 *
 * @return 1; 0 in the stub. Never fails
 */
RT_TORCH_API int32_t rt_torch_available(void);

/** Version of the LibTorch that this library was built against.
 *
 * @return static UTF-8 string such as "2.13.0"; "" in the stub. Never fails
 */
RT_TORCH_API const char *rt_torch_version(void);

/** Version of the interface that this library was built with.
 *
 * @return RT_TORCH_ABI_VERSION of its header. Never fails
 */
RT_TORCH_API int32_t rt_torch_abi_version(void);

/** Digest of the rt_torch.h that this library was built with.
 *
 * @return static string: SHA-256 of the file, 64 hexadecimal digits. Never fails
 */
RT_TORCH_API const char *rt_torch_header_digest(void);

/** Copies out the error record of this thread: the code and the message of its last failing call.
 *
 * @param text      receives "operation: message", NUL-terminated UTF-8, truncated to fit; may be NULL
 * @param capacity  bytes at text; if less than 1, nothing is written
 * @return code of the error; RT_TORCH_OK if no call of this thread has failed yet. Never fails
 */
RT_TORCH_API int32_t rt_torch_last_error(char *text, int64_t capacity);

/** Whether a CUDA device can be used.
 *
 * @return 1 or 0. Never fails
 */
RT_TORCH_API int32_t rt_torch_cuda_available(void);

/** Number of CUDA devices.
 *
 * @return 0 or more. Never fails
 */
RT_TORCH_API int64_t rt_torch_cuda_device_count(void);

/** Why CUDA is not available.
 *
 * @return static UTF-8 sentence; "" if CUDA is available. Never fails
 */
RT_TORCH_API const char *rt_torch_cuda_reason(void);

/** Seeds the default random generators of every device.
 *
 * @param seed  any integer; its 64 bits are the seed
 * @return 0; -1 on failure
 * @source at::manual_seed
 */
RT_TORCH_API int32_t rt_torch_seed(int64_t seed);

/** Number of threads an operator may use. Never warns.
 *
 * @return 1 or more; -1 on failure
 * @source at::get_num_threads
 */
RT_TORCH_API int64_t rt_torch_num_threads(void);

/** Sets the number of threads that an operator may use.
 *
 * @param threads  1 to RT_TORCH_MAX_THREADS
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT
 * @source at::set_num_threads
 */
RT_TORCH_API int32_t rt_torch_set_num_threads(int64_t threads);

/** Number of handles, of tensors, modules, packages and safetensors files, that are issued and not freed.
 *
 * @return 0 or more. Never fails
 */
RT_TORCH_API int64_t rt_torch_live_handles(void);

/** Largest number of tensors that were ever live at the same time.
 *
 * @return 0 or more. Never fails
 */
RT_TORCH_API int64_t rt_torch_peak_handles(void);

/** Number of handles of tensors issued since the library was loaded.
 *
 * @return 0 or more. Never fails
 */
RT_TORCH_API int64_t rt_torch_created_handles(void);

/** Bytes of the storages that live handles hold, each storage counted once.
 *
 * Computed on demand by a walk over all live handles, so it costs operators nothing.
 *
 * @return 0 or more; -1 on failure
 */
RT_TORCH_API int64_t rt_torch_live_bytes(void);

/* ---- Creation ------------------------------------------------------------------------------------ */

/** An uninitialized tensor.
 *
 * @param dims    shape, ndim integers
 * @param ndim    number of axes, 0 to RT_TORCH_MAX_NDIM
 * @param dtype   dtype of the result
 * @param device  device of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, ndim, a negative or too large dimension, dtype), UNAVAILABLE (no
 *         such device)
 * @source aten::empty
 */
RT_TORCH_API int64_t rt_torch_tensor_empty(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device);

/** A tensor of zeros.
 *
 * @param dims    shape, ndim integers
 * @param ndim    number of axes, 0 to RT_TORCH_MAX_NDIM
 * @param dtype   dtype of the result
 * @param device  device of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, ndim, a negative or too large dimension, dtype), UNAVAILABLE (no
 *         such device)
 * @source aten::zeros
 */
RT_TORCH_API int64_t rt_torch_tensor_zeros(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device);

/** A tensor of ones.
 *
 * @param dims    shape, ndim integers
 * @param ndim    number of axes, 0 to RT_TORCH_MAX_NDIM
 * @param dtype   dtype of the result
 * @param device  device of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, ndim, a negative or too large dimension, dtype), UNAVAILABLE (no
 *         such device)
 * @source aten::ones
 */
RT_TORCH_API int64_t rt_torch_tensor_ones(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device);

/** A tensor filled with one value.
 *
 * @param dims         shape, ndim integers
 * @param ndim         number of axes, 0 to RT_TORCH_MAX_NDIM
 * @param value        scalar to fill with
 * @param value_dtype  dtype of the scalar
 * @param dtype        dtype of the result
 * @param device       device of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, ndim, a negative or too large dimension, dtype), UNAVAILABLE (no
 *         such device)
 * @source aten::full
 */
RT_TORCH_API int64_t rt_torch_tensor_full(const int64_t *dims, int64_t ndim, const void *value,
                                          int32_t value_dtype, int32_t dtype, int64_t device);

/** A tensor filled with a real number: rt_torch_tensor_full() for a double.
 *
 * @param dims    shape, ndim integers
 * @param ndim    number of axes, 0 to RT_TORCH_MAX_NDIM
 * @param value   value to fill with; for an integer dtype or bool a whole number below 2^53 that it can hold
 * @param dtype   dtype of the result
 * @param device  device of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, ndim, a negative or too large dimension, dtype, a value that does not
 *         fit the dtype), UNAVAILABLE (no such device)
 * @source aten::full
 */
RT_TORCH_API int64_t rt_torch_tensor_full_real(const int64_t *dims, int64_t ndim, double value, int32_t dtype,
                                               int64_t device);

/** A tensor filled with a real number, of the shape and on the device of another one.
 *
 * @param tensor  tensor of the shape and device
 * @param value   as for rt_torch_tensor_full_real()
 * @param dtype   dtype of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (dtype, a value that does not fit the dtype)
 * @source aten::full
 */
RT_TORCH_API int64_t rt_torch_tensor_full_like(int64_t tensor, double value, int32_t dtype);

/** An uninitialized tensor of the shape and on the device of another one, in C order.
 *
 * @param tensor  tensor of the shape and device
 * @param dtype   dtype of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (dtype)
 * @source aten::empty.memory_format
 */
RT_TORCH_API int64_t rt_torch_tensor_empty_like(int64_t tensor, int32_t dtype);

/** Random numbers, uniform in [0, 1).
 *
 * @param dims    shape, ndim integers
 * @param ndim    number of axes, 0 to RT_TORCH_MAX_NDIM
 * @param dtype   a floating-point or complex dtype
 * @param device  device of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, ndim, a negative or too large dimension, dtype), UNAVAILABLE (no
 *         such device), TYPE
 * @source aten::rand
 */
RT_TORCH_API int64_t rt_torch_tensor_rand(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device);

/** Random numbers of the standard normal distribution.
 *
 * @param dims    shape, ndim integers
 * @param ndim    number of axes, 0 to RT_TORCH_MAX_NDIM
 * @param dtype   a floating-point or complex dtype
 * @param device  device of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, ndim, a negative or too large dimension, dtype), UNAVAILABLE (no
 *         such device), TYPE
 * @source aten::randn
 */
RT_TORCH_API int64_t rt_torch_tensor_randn(const int64_t *dims, int64_t ndim, int32_t dtype, int64_t device);

/** A matrix with ones on the main diagonal and zeros elsewhere.
 *
 * @param rows     0 or more
 * @param columns  0 or more
 * @param dtype    dtype of the result
 * @param device   device of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, ndim, a negative or too large dimension, dtype), UNAVAILABLE (no
 *         such device)
 * @source aten::eye
 */
RT_TORCH_API int64_t rt_torch_tensor_eye(int64_t rows, int64_t columns, int32_t dtype, int64_t device);

/** Evenly spaced values in [start, stop).
 *
 * @param start         scalar: the first value
 * @param stop          scalar: the end, not included
 * @param step          scalar: the spacing, not 0
 * @param scalar_dtype  dtype of the three scalars
 * @param dtype         dtype of the result
 * @param device        device of the result
 * @return new tensor of shape (max(0, ceil((stop - start) / step)),); 0 on failure. Whole numbers are
 *         counted exactly, also if stop - start exceeds int64.
 * @errors INVALID_ARGUMENT (NULL, step, too many values, a value that does not fit the dtype, dtype),
 *         UNAVAILABLE (no such device)
 * @source aten::arange
 */
RT_TORCH_API int64_t rt_torch_tensor_arange(const void *start, const void *stop, const void *step,
                                            int32_t scalar_dtype, int32_t dtype, int64_t device);

/** Evenly spaced real values in [start, stop): rt_torch_tensor_arange() for doubles.
 *
 * The numbers must be below 2^53 in magnitude: a larger double may be a rounded integer.
 *
 * @param start   the first value; for an integer dtype a whole number that it can hold
 * @param stop    pointer to the end, not included; NULL if start is the end and the first value is 0
 * @param step    the spacing, not 0
 * @param dtype   dtype of the result
 * @param device  device of the result
 * @return new tensor of shape (max(0, ceil((stop - start) / step)),); 0 on failure
 * @errors INVALID_ARGUMENT (dtype, a number that is too large or does not fit the dtype, step), UNAVAILABLE
 *         (no such device)
 * @source aten::arange
 */
RT_TORCH_API int64_t rt_torch_tensor_arange_real(double start, const double *stop, double step, int32_t dtype,
                                                 int64_t device);

/** Evenly spaced values from start to stop, computed in float64.
 *
 * @param start     the first value
 * @param stop      the last value
 * @param count     how many, 0 or more
 * @param endpoint  1 includes stop, 0 ends one step before it
 * @param dtype     a floating-point or complex dtype
 * @param device    device of the result
 * @return new tensor of shape (count,); 0 on failure
 * @errors INVALID_ARGUMENT (count, endpoint, dtype), TYPE, UNAVAILABLE (no such device)
 * @source aten::arange, aten::mul.Scalar, aten::add.Scalar
 */
RT_TORCH_API int64_t rt_torch_tensor_linspace(double start, double stop, int64_t count, int32_t endpoint,
                                              int32_t dtype, int64_t device);

/** A tensor with a copy of host memory.
 *
 * @param data    values in C order; may be NULL if nbytes is 0
 * @param nbytes  bytes at data: the product of dims times the size of dtype
 * @param dims    shape, ndim integers
 * @param ndim    number of axes, 0 to RT_TORCH_MAX_NDIM
 * @param dtype   dtype of the result
 * @param device  device of the result
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, ndim, a negative or too large dimension, dtype), UNAVAILABLE (no
 *         such device); INVALID_ARGUMENT (nbytes is not the size of the shape)
 */
RT_TORCH_API int64_t rt_torch_tensor_from_data(const void *data, int64_t nbytes, const int64_t *dims,
                                               int64_t ndim, int32_t dtype, int64_t device);

/** A CPU tensor over host memory, without a copy.
 *
 * The caller keeps ownership of the memory, which must stay valid until deleter is called.
 *
 * @param data     the memory, aligned for dtype; may be NULL if the tensor has no element
 * @param nbytes   bytes at data; every element must be inside
 * @param dims     shape, ndim integers
 * @param strides  ndim distances in elements, 0 or more; NULL for C order
 * @param ndim     number of axes, 0 to RT_TORCH_MAX_NDIM
 * @param dtype    dtype of the values
 * @param deleter  called exactly once, with context, when the last tensor over the memory is destroyed, on
 *                 any thread; may be NULL
 * @param context  argument of deleter
 * @return new tensor; 0 on failure, and then deleter is not called
 * @errors INVALID_ARGUMENT (NULL, ndim, a negative or too large dimension, dtype), UNAVAILABLE (no
 *         such device); INVALID_ARGUMENT (nbytes too small, data not aligned)
 * @source at::from_blob
 */
RT_TORCH_API int64_t rt_torch_tensor_from_blob(void *data, int64_t nbytes, const int64_t *dims,
                                               const int64_t *strides, int64_t ndim, int32_t dtype,
                                               void (*deleter)(void *context), void *context);

/* ---- Properties and elements of a tensor --------------------------------------------------------- */

/** Frees a handle. Works in a forked child as well.
 *
 * The memory is freed when no other handle, view or owner of an exported pointer holds it.
 *
 * @param tensor  tensor, or 0
 * @return 0; -1 on failure, which leaves the error record as it is
 */
RT_TORCH_API int32_t rt_torch_tensor_free(int64_t tensor);

/** Frees a handle, unless what was recorded for a gradient would be freed with it, which can take seconds.
 *
 * For a caller that holds a lock others wait for, such as an interpreter's, and a handle below 2^62: its tensor
 * may have become the result of a recorded operation that wrote to it. Works in a forked child as well.
 *
 * @param tensor  tensor, or 0
 * @return 0 if the handle was freed; else a new handle that takes its place, for rt_torch_tensor_free() without
 *         the lock; -1 on failure, which leaves the error record as it is
 */
RT_TORCH_API int64_t rt_torch_tensor_free_unless_slow(int64_t tensor);

/** Number of axes. Never warns.
 *
 * @param tensor  tensor
 * @return 0 or more; -1 on failure
 */
RT_TORCH_API int64_t rt_torch_tensor_ndim(int64_t tensor);

/** Number of elements. Never warns.
 *
 * @param tensor  tensor
 * @return 0 or more; -1 on failure
 */
RT_TORCH_API int64_t rt_torch_tensor_numel(int64_t tensor);

/** Copies the shape out. Never warns.
 *
 * @param tensor    tensor
 * @param dims      receives the first min(ndim, capacity) dimensions; may be NULL if capacity is 0
 * @param capacity  integers at dims, 0 or more
 * @return ndim, even if capacity is smaller; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, capacity)
 */
RT_TORCH_API int64_t rt_torch_tensor_shape(int64_t tensor, int64_t *dims, int64_t capacity);

/** Copies the strides out, in elements. Never warns.
 *
 * @param tensor    tensor
 * @param strides   receives the first min(ndim, capacity) strides; may be NULL if capacity is 0
 * @param capacity  integers at strides, 0 or more
 * @return ndim, even if capacity is smaller; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, capacity)
 */
RT_TORCH_API int64_t rt_torch_tensor_strides(int64_t tensor, int64_t *strides, int64_t capacity);

/** dtype of the elements. Never warns.
 *
 * @param tensor  tensor
 * @return a dtype; -1 on failure
 */
RT_TORCH_API int32_t rt_torch_tensor_dtype(int64_t tensor);

/** Device that holds the elements. Never warns.
 *
 * @param tensor  tensor
 * @param device  receives the device
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (NULL)
 */
RT_TORCH_API int32_t rt_torch_tensor_device(int64_t tensor, int64_t *device);

/** Whether the elements are on a CUDA device. Never warns.
 *
 * @param tensor  tensor
 * @return 1 or 0; -1 on failure
 */
RT_TORCH_API int32_t rt_torch_tensor_is_cuda(int64_t tensor);

/** The layout of a tensor: "strided", "sparse_coo", "sparse_csr", "mkldnn", "nested" and others.
 *
 * Functions of one operation take strided tensors only, and fail with INVALID_ARGUMENT for others; such come
 * from operators called by name, and can go to them.
 *
 * @param tensor    tensor
 * @param text      receives the name, cut to fit and NUL-terminated; may be NULL if capacity is 0
 * @param capacity  bytes at text
 * @return length of the name without the NUL; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, a negative capacity)
 */
RT_TORCH_API int64_t rt_torch_tensor_layout_name(int64_t tensor, char *text, int64_t capacity);

/** Whether the elements are contiguous in C order. Never warns.
 *
 * @param tensor  tensor
 * @return 1 or 0; -1 on failure
 */
RT_TORCH_API int32_t rt_torch_tensor_is_contiguous(int64_t tensor);

/** Address of the first element, in the memory of the tensor's device.
 *
 * @param tensor  tensor
 * @param data    receives the address, valid as long as a handle holds the storage, which from now on
 *                cannot be resized; NULL if there is no element
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (NULL)
 */
RT_TORCH_API int32_t rt_torch_tensor_data(int64_t tensor, void **data);

/** Address, device, extent, shape, strides, and whether gradients are required, in one call.
 *
 * @param tensor    tensor
 * @param values    receives the first min(5 + 2 * ndim, capacity) of these: the address of the first
 *                  element as from rt_torch_tensor_data(), 0 if there is no element; the device; the bytes
 *                  from the first element to the end of the last, 0 if there is none; ndim; ndim
 *                  dimensions; ndim strides, in elements; 1 if it requires gradients, else 0: writes
 *                  through the address escape rt_torch_tensor_version(). May be NULL if capacity is 0
 * @param capacity  integers at values, 0 or more; 5 + 2 * RT_TORCH_MAX_NDIM is always enough
 * @return 5 + 2 * ndim, even if capacity is smaller; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, capacity)
 */
RT_TORCH_API int64_t rt_torch_tensor_layout(int64_t tensor, int64_t *values, int64_t capacity);

/** The value of a tensor with one element.
 *
 * @param tensor  tensor
 * @param value   receives the value in the tensor's dtype, RT_TORCH_SCALAR_BYTES bytes, the rest
 *                zero
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (NULL), SHAPE (not one element)
 * @source aten::item
 */
RT_TORCH_API int32_t rt_torch_tensor_item(int64_t tensor, void *value);

/** The value of a tensor with one element, converted to double from any real dtype. Never warns.
 *
 * @param tensor  tensor of a real dtype or bool
 * @return the nearest double; NAN on failure, and for a NaN: rt_torch_tensor_item() distinguishes the two
 * @errors SHAPE (not one element), TYPE (complex)
 * @source aten::item
 */
RT_TORCH_API double rt_torch_tensor_item_double(int64_t tensor);

/** Copies the elements to host memory in C order.
 *
 * @param tensor  tensor
 * @param data    receives the values; may be NULL if nbytes is 0
 * @param nbytes  bytes at data: numel times the size of the dtype
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, nbytes)
 */
RT_TORCH_API int32_t rt_torch_tensor_copy_to_host(int64_t tensor, void *data, int64_t nbytes);

/** Overwrites the elements with host memory in C order.
 *
 * @param tensor  tensor
 * @param data    the values; may be NULL if nbytes is 0
 * @param nbytes  bytes at data: numel times the size of the dtype
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, nbytes)
 */
RT_TORCH_API int32_t rt_torch_tensor_copy_from_host(int64_t tensor, const void *data, int64_t nbytes);

/* ---- Copies, dtypes and devices ------------------------------------------------------------------ */

/** A second handle of the same tensor: what one of them does to it, the other one sees, also shape and gradient.
 *
 * @param tensor  tensor of any layout
 * @return new handle; 0 on failure
 */
RT_TORCH_API int64_t rt_torch_tensor_new_handle(int64_t tensor);

/** Another tensor over the same elements.
 *
 * @param tensor  tensor
 * @return new tensor that shares the storage; 0 on failure
 * @source aten::alias
 */
RT_TORCH_API int64_t rt_torch_tensor_alias(int64_t tensor);

/** A copy in a new storage.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::clone
 */
RT_TORCH_API int64_t rt_torch_tensor_clone(int64_t tensor);

/** The same elements, contiguous in C order.
 *
 * @param tensor  tensor
 * @return new tensor, which shares the storage if that is contiguous already; 0 on failure
 * @source aten::contiguous
 */
RT_TORCH_API int64_t rt_torch_tensor_contiguous(int64_t tensor);

/** The elements converted to another dtype.
 *
 * @param tensor  tensor
 * @param dtype   dtype of the result
 * @return new tensor, which shares the storage if it has that dtype already; 0 on
 *         failure
 * @errors INVALID_ARGUMENT (dtype)
 * @source aten::to.dtype
 */
RT_TORCH_API int64_t rt_torch_tensor_to_dtype(int64_t tensor, int32_t dtype);

/** A copy of the elements, converted to another dtype.
 *
 * @param tensor  tensor
 * @param dtype   dtype of the result
 * @return new tensor in a new storage; 0 on failure
 * @errors INVALID_ARGUMENT (dtype)
 * @source aten::to.dtype
 */
RT_TORCH_API int64_t rt_torch_tensor_astype(int64_t tensor, int32_t dtype);

/** The elements on another device.
 *
 * @param tensor  tensor
 * @param device  device of the result
 * @return new tensor, which shares the storage if it is there already; 0 on failure
 * @errors UNAVAILABLE (no CUDA), INVALID_ARGUMENT (no such device)
 * @source aten::to.device
 */
RT_TORCH_API int64_t rt_torch_tensor_to_device(int64_t tensor, int64_t device);

/** The elements in host memory.
 *
 * @param tensor  tensor
 * @return new tensor, which shares the storage if it is there already; 0 on failure
 * @source aten::to.device
 */
RT_TORCH_API int64_t rt_torch_tensor_cpu(int64_t tensor);

/** The elements on a CUDA device.
 *
 * @param tensor  tensor
 * @param device  CUDA device, 0 or more
 * @return new tensor, which shares the storage if it is there already; 0 on failure
 * @errors UNAVAILABLE (no CUDA), INVALID_ARGUMENT (no such device)
 * @source aten::to.device
 */
RT_TORCH_API int64_t rt_torch_tensor_cuda(int64_t tensor, int64_t device);

/* ---- Elementwise operators of two tensors: they broadcast and promote ---------------------------- */

/** a + b.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::add
 */
RT_TORCH_API int64_t rt_torch_tensor_add(int64_t a, int64_t b);

/** a - b; not for bool.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::sub
 */
RT_TORCH_API int64_t rt_torch_tensor_sub(int64_t a, int64_t b);

/** a * b.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::mul
 */
RT_TORCH_API int64_t rt_torch_tensor_mul(int64_t a, int64_t b);

/** a / b; integers give floating point.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::div
 */
RT_TORCH_API int64_t rt_torch_tensor_div(int64_t a, int64_t b);

/** floor(a / b), also of infinite numbers: -1 and infinity give -0; not for complex.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::floor_divide
 */
RT_TORCH_API int64_t rt_torch_tensor_floor_divide(int64_t a, int64_t b);

/** a - b * floor(a / b), with the sign of b, also if it is 0; not for complex.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::remainder
 */
RT_TORCH_API int64_t rt_torch_tensor_remainder(int64_t a, int64_t b);

/** a to the power b.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::pow
 */
RT_TORCH_API int64_t rt_torch_tensor_pow(int64_t a, int64_t b);

/** The larger of a and b, NaN if either is; not for complex.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::maximum
 */
RT_TORCH_API int64_t rt_torch_tensor_maximum(int64_t a, int64_t b);

/** The smaller of a and b, NaN if either is; not for complex.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::minimum
 */
RT_TORCH_API int64_t rt_torch_tensor_minimum(int64_t a, int64_t b);

/** a & b of integers or bools.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::bitwise_and
 */
RT_TORCH_API int64_t rt_torch_tensor_bitwise_and(int64_t a, int64_t b);

/** a | b of integers or bools.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::bitwise_or
 */
RT_TORCH_API int64_t rt_torch_tensor_bitwise_or(int64_t a, int64_t b);

/** a ^ b of integers or bools.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::bitwise_xor
 */
RT_TORCH_API int64_t rt_torch_tensor_bitwise_xor(int64_t a, int64_t b);

/** a << b of integers.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::bitwise_left_shift
 */
RT_TORCH_API int64_t rt_torch_tensor_bitwise_left_shift(int64_t a, int64_t b);

/** a >> b of integers.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::bitwise_right_shift
 */
RT_TORCH_API int64_t rt_torch_tensor_bitwise_right_shift(int64_t a, int64_t b);

/** a == b.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor of bool; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::eq
 */
RT_TORCH_API int64_t rt_torch_tensor_eq(int64_t a, int64_t b);

/** a != b.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor of bool; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::ne
 */
RT_TORCH_API int64_t rt_torch_tensor_ne(int64_t a, int64_t b);

/** a < b; not for complex.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor of bool; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::lt
 */
RT_TORCH_API int64_t rt_torch_tensor_lt(int64_t a, int64_t b);

/** a <= b; not for complex.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor of bool; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::le
 */
RT_TORCH_API int64_t rt_torch_tensor_le(int64_t a, int64_t b);

/** a > b; not for complex.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor of bool; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::gt
 */
RT_TORCH_API int64_t rt_torch_tensor_gt(int64_t a, int64_t b);

/** a >= b; not for complex.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor of bool; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::ge
 */
RT_TORCH_API int64_t rt_torch_tensor_ge(int64_t a, int64_t b);

/** Inverse tangent of a / b in the quadrant of (b, a); integers give floating point.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::atan2
 */
RT_TORCH_API int64_t rt_torch_tensor_atan2(int64_t a, int64_t b);

/** The magnitude of a with the sign of b; integers give floating point.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::copysign.Tensor
 */
RT_TORCH_API int64_t rt_torch_tensor_copysign(int64_t a, int64_t b);

/** sqrt(a * a + b * b), without overflow on the way.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::hypot
 */
RT_TORCH_API int64_t rt_torch_tensor_hypot(int64_t a, int64_t b);

/** log(exp(a) + exp(b)).
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::logaddexp
 */
RT_TORCH_API int64_t rt_torch_tensor_logaddexp(int64_t a, int64_t b);

/** Whether a and b are both not 0.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor of bool; 0 on failure
 * @errors SHAPE (no broadcast)
 * @source aten::logical_and
 */
RT_TORCH_API int64_t rt_torch_tensor_logical_and(int64_t a, int64_t b);

/** Whether a or b is not 0.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor of bool; 0 on failure
 * @errors SHAPE (no broadcast)
 * @source aten::logical_or
 */
RT_TORCH_API int64_t rt_torch_tensor_logical_or(int64_t a, int64_t b);

/** Whether exactly one of a and b is not 0.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor of bool; 0 on failure
 * @errors SHAPE (no broadcast)
 * @source aten::logical_xor
 */
RT_TORCH_API int64_t rt_torch_tensor_logical_xor(int64_t a, int64_t b);

/** The next number that the dtype has from a in the direction of b.
 *
 * @param a  tensor
 * @param b  tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::nextafter
 */
RT_TORCH_API int64_t rt_torch_tensor_nextafter(int64_t a, int64_t b);

/** Elements of a where condition is true, of b elsewhere.
 *
 * @param condition  tensor of bool
 * @param a          tensor
 * @param b          tensor
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE (dtypes not supported)
 * @source aten::where.self
 */
RT_TORCH_API int64_t rt_torch_tensor_where(int64_t condition, int64_t a, int64_t b);

/* ---- In place: the left operand keeps its memory, shape and dtype -------------------------------- */

/** a becomes a + b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::add_
 */
RT_TORCH_API int32_t rt_torch_tensor_add_(int64_t a, int64_t b);

/** a becomes a - b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::sub_
 */
RT_TORCH_API int32_t rt_torch_tensor_sub_(int64_t a, int64_t b);

/** a becomes a * b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::mul_
 */
RT_TORCH_API int32_t rt_torch_tensor_mul_(int64_t a, int64_t b);

/** a becomes a / b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::div_
 */
RT_TORCH_API int32_t rt_torch_tensor_div_(int64_t a, int64_t b);

/** a becomes floor(a / b).
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::floor_divide_
 */
RT_TORCH_API int32_t rt_torch_tensor_floor_divide_(int64_t a, int64_t b);

/** a becomes a - b * floor(a / b), with the sign of b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::remainder_
 */
RT_TORCH_API int32_t rt_torch_tensor_remainder_(int64_t a, int64_t b);

/** a becomes a to the power b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::pow_
 */
RT_TORCH_API int32_t rt_torch_tensor_pow_(int64_t a, int64_t b);

/** a becomes a & b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::bitwise_and_
 */
RT_TORCH_API int32_t rt_torch_tensor_bitwise_and_(int64_t a, int64_t b);

/** a becomes a | b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::bitwise_or_
 */
RT_TORCH_API int32_t rt_torch_tensor_bitwise_or_(int64_t a, int64_t b);

/** a becomes a ^ b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::bitwise_xor_
 */
RT_TORCH_API int32_t rt_torch_tensor_bitwise_xor_(int64_t a, int64_t b);

/** a becomes a << b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::bitwise_left_shift_
 */
RT_TORCH_API int32_t rt_torch_tensor_bitwise_left_shift_(int64_t a, int64_t b);

/** a becomes a >> b.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a), TYPE (the result cannot be cast to the dtype of a)
 * @source aten::bitwise_right_shift_
 */
RT_TORCH_API int32_t rt_torch_tensor_bitwise_right_shift_(int64_t a, int64_t b);

/** Overwrites a with the elements of b, converted to the dtype and device of a.
 *
 * @param a  tensor, overwritten
 * @param b  tensor that broadcasts to the shape of a
 * @return 0; -1 on failure
 * @errors SHAPE (b does not broadcast to a)
 * @source aten::copy_
 */
RT_TORCH_API int32_t rt_torch_tensor_copy_(int64_t a, int64_t b);

/* ---- Elementwise operators of one tensor --------------------------------------------------------- */

/** -x; not for bool.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @errors TYPE
 * @source aten::neg
 */
RT_TORCH_API int64_t rt_torch_tensor_neg(int64_t tensor);

/** |x|; of complex, the modulus; not for bool.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @errors TYPE
 * @source aten::abs
 */
RT_TORCH_API int64_t rt_torch_tensor_abs(int64_t tensor);

/** -1, 0 or 1 by the sign of x; not for complex. NaN gives NaN.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @errors TYPE
 * @source aten::sign
 */
RT_TORCH_API int64_t rt_torch_tensor_sign(int64_t tensor);

/** x * x.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::square
 */
RT_TORCH_API int64_t rt_torch_tensor_square(int64_t tensor);

/** e to the power x; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::exp
 */
RT_TORCH_API int64_t rt_torch_tensor_exp(int64_t tensor);

/** exp(x) - 1, accurate near 0; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::expm1
 */
RT_TORCH_API int64_t rt_torch_tensor_expm1(int64_t tensor);

/** Natural logarithm; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::log
 */
RT_TORCH_API int64_t rt_torch_tensor_log(int64_t tensor);

/** log(1 + x), accurate near 0; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::log1p
 */
RT_TORCH_API int64_t rt_torch_tensor_log1p(int64_t tensor);

/** Logarithm to base 2; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::log2
 */
RT_TORCH_API int64_t rt_torch_tensor_log2(int64_t tensor);

/** Logarithm to base 10; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::log10
 */
RT_TORCH_API int64_t rt_torch_tensor_log10(int64_t tensor);

/** Square root; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::sqrt
 */
RT_TORCH_API int64_t rt_torch_tensor_sqrt(int64_t tensor);

/** 1 / sqrt(x); integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::rsqrt
 */
RT_TORCH_API int64_t rt_torch_tensor_rsqrt(int64_t tensor);

/** Sine, x in radians; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::sin
 */
RT_TORCH_API int64_t rt_torch_tensor_sin(int64_t tensor);

/** Cosine, x in radians; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::cos
 */
RT_TORCH_API int64_t rt_torch_tensor_cos(int64_t tensor);

/** Tangent, x in radians; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::tan
 */
RT_TORCH_API int64_t rt_torch_tensor_tan(int64_t tensor);

/** Error function; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::erf
 */
RT_TORCH_API int64_t rt_torch_tensor_erf(int64_t tensor);

/** Largest integer not above x; not for complex.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @errors TYPE
 * @source aten::floor
 */
RT_TORCH_API int64_t rt_torch_tensor_floor(int64_t tensor);

/** Smallest integer not below x; not for complex.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @errors TYPE
 * @source aten::ceil
 */
RT_TORCH_API int64_t rt_torch_tensor_ceil(int64_t tensor);

/** Nearest integer, halves to even; not for complex.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @errors TYPE
 * @source aten::round
 */
RT_TORCH_API int64_t rt_torch_tensor_round(int64_t tensor);

/** x truncated to an integer; not for complex.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @errors TYPE
 * @source aten::trunc
 */
RT_TORCH_API int64_t rt_torch_tensor_trunc(int64_t tensor);

/** Whether x is NaN.
 *
 * @param tensor  tensor
 * @return new tensor of bool; 0 on failure
 * @source aten::isnan
 */
RT_TORCH_API int64_t rt_torch_tensor_isnan(int64_t tensor);

/** Whether x is infinite.
 *
 * @param tensor  tensor
 * @return new tensor of bool; 0 on failure
 * @source aten::isinf
 */
RT_TORCH_API int64_t rt_torch_tensor_isinf(int64_t tensor);

/** Whether x is neither infinite nor NaN.
 *
 * @param tensor  tensor
 * @return new tensor of bool; 0 on failure
 * @source aten::isfinite
 */
RT_TORCH_API int64_t rt_torch_tensor_isfinite(int64_t tensor);

/** Whether x is 0.
 *
 * @param tensor  tensor
 * @return new tensor of bool; 0 on failure
 * @source aten::logical_not
 */
RT_TORCH_API int64_t rt_torch_tensor_logical_not(int64_t tensor);

/** ~x of integers; of bools, the negation.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @errors TYPE
 * @source aten::bitwise_not
 */
RT_TORCH_API int64_t rt_torch_tensor_bitwise_not(int64_t tensor);

/** Inverse cosine; integers give floating point.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::acos
 */
RT_TORCH_API int64_t rt_torch_tensor_acos(int64_t tensor);

/** Inverse hyperbolic cosine; integers give floating point.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::acosh
 */
RT_TORCH_API int64_t rt_torch_tensor_acosh(int64_t tensor);

/** Inverse sine; integers give floating point.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::asin
 */
RT_TORCH_API int64_t rt_torch_tensor_asin(int64_t tensor);

/** Inverse hyperbolic sine; integers give floating point.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::asinh
 */
RT_TORCH_API int64_t rt_torch_tensor_asinh(int64_t tensor);

/** Inverse tangent; integers give floating point.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::atan
 */
RT_TORCH_API int64_t rt_torch_tensor_atan(int64_t tensor);

/** Inverse hyperbolic tangent; integers give floating point.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::atanh
 */
RT_TORCH_API int64_t rt_torch_tensor_atanh(int64_t tensor);

/** Hyperbolic cosine; integers give floating point.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::cosh
 */
RT_TORCH_API int64_t rt_torch_tensor_cosh(int64_t tensor);

/** Hyperbolic sine; integers give floating point.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::sinh
 */
RT_TORCH_API int64_t rt_torch_tensor_sinh(int64_t tensor);

/** 1 / x; integers give floating point.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::reciprocal
 */
RT_TORCH_API int64_t rt_torch_tensor_reciprocal(int64_t tensor);

/** -1, 0 or 1 by the sign of x; of complex numbers x / abs(x).
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::sgn
 */
RT_TORCH_API int64_t rt_torch_tensor_sgn(int64_t tensor);

/** Whether the sign bit is set, also that of -0 and NaN; not for complex.
 *
 * @param tensor  tensor
 * @return new tensor of bool; 0 on failure
 * @errors TYPE
 * @source aten::signbit
 */
RT_TORCH_API int64_t rt_torch_tensor_signbit(int64_t tensor);

/** The real part; of a real tensor its elements.
 *
 * @param tensor  tensor
 * @return new tensor of a real dtype that shares the storage; 0 on failure
 * @source aten::real
 */
RT_TORCH_API int64_t rt_torch_tensor_real(int64_t tensor);

/** The imaginary part.
 *
 * @param tensor  tensor of a complex dtype
 * @return new tensor of a real dtype that shares the storage; 0 on failure
 * @errors TYPE
 * @source aten::imag
 */
RT_TORCH_API int64_t rt_torch_tensor_imag(int64_t tensor);

/** The complex conjugate; of a real tensor its elements.
 *
 * @param tensor  tensor
 * @return new tensor, a copy; 0 on failure
 * @source aten::conj_physical
 */
RT_TORCH_API int64_t rt_torch_tensor_conj(int64_t tensor);

/** The elements no smaller than min and no larger than max; NaN stays NaN.
 *
 * @param tensor  tensor of a real dtype
 * @param min     tensor of the same dtype that broadcasts, or 0 for no bound
 * @param max     tensor of the same dtype that broadcasts, or 0 for no bound; it wins over min
 * @return new tensor; 0 on failure
 * @errors SHAPE (no broadcast), TYPE
 * @source aten::maximum, aten::minimum
 */
RT_TORCH_API int64_t rt_torch_tensor_clamp(int64_t tensor, int64_t min, int64_t max);

/** Differences between adjacent elements along an axis, taken n times.
 *
 * @param tensor  tensor of a numeric dtype
 * @param n       how many times, 0 or more
 * @param axis    axis, which is shorter by n in the result
 * @return new tensor of the same dtype; 0 on failure
 * @errors INDEX (axis), TYPE (bool), INVALID_ARGUMENT (n)
 * @source aten::sub.Tensor
 */
RT_TORCH_API int64_t rt_torch_tensor_diff(int64_t tensor, int64_t n, int64_t axis);

/* ---- Matrices ------------------------------------------------------------------------------------ */

/** Matrix product over the last two axes; the axes before broadcast.
 *
 * @param a  tensor of shape (n,) or (..., m, n)
 * @param b  tensor of shape (n,) or (..., n, p), of the dtype of a
 * @return new tensor of shape (..., m, p), without the axis of a vector; 0 on failure
 * @errors SHAPE, TYPE (different dtypes, bool)
 * @source aten::matmul
 */
RT_TORCH_API int64_t rt_torch_tensor_matmul(int64_t a, int64_t b);

/** Product of two vectors.
 *
 * @param a  tensor of shape (n,)
 * @param b  tensor of shape (n,), of the dtype of a
 * @return new tensor of shape (); 0 on failure
 * @errors SHAPE, TYPE (different dtypes, bool)
 * @source aten::dot
 */
RT_TORCH_API int64_t rt_torch_tensor_dot(int64_t a, int64_t b);

/** Product of a matrix and a vector.
 *
 * @param a  tensor of shape (m, n)
 * @param b  tensor of shape (n,), of the dtype of a
 * @return new tensor of shape (m,); 0 on failure
 * @errors SHAPE, TYPE (different dtypes, bool)
 * @source aten::mv
 */
RT_TORCH_API int64_t rt_torch_tensor_mv(int64_t a, int64_t b);

/** Product of two matrices.
 *
 * @param a  tensor of shape (m, n)
 * @param b  tensor of shape (n, p), of the dtype of a
 * @return new tensor of shape (m, p); 0 on failure
 * @errors SHAPE, TYPE (different dtypes, bool)
 * @source aten::mm
 */
RT_TORCH_API int64_t rt_torch_tensor_mm(int64_t a, int64_t b);

/** Every element of one vector times every element of another one.
 *
 * @param a  tensor of shape (n,)
 * @param b  tensor of shape (m,), of the dtype of a
 * @return new tensor of shape (n, m); 0 on failure
 * @errors SHAPE, TYPE (different dtypes)
 * @source aten::mul.Tensor
 */
RT_TORCH_API int64_t rt_torch_tensor_outer(int64_t a, int64_t b);

/** beta * bias + alpha * (a @ b).
 *
 * @param bias   tensor that broadcasts to (m, p)
 * @param a      tensor of shape (m, n)
 * @param b      tensor of shape (n, p)
 * @param beta   factor of bias; 0 ignores its values, NaN included
 * @param alpha  factor of the product
 * @return new tensor of shape (m, p); 0 on failure
 * @errors SHAPE, TYPE (different dtypes, bool)
 * @source aten::addmm
 */
RT_TORCH_API int64_t rt_torch_tensor_addmm(int64_t bias, int64_t a, int64_t b, double beta, double alpha);

/** The triangular factor of Hermitian, positive definite matrices.
 *
 * @param tensor  tensor of shape (..., n, n), of float32, float64, complex64 or complex128
 * @param upper   1 for U with U^H @ U, of which only the upper triangle is read; 0 for L with L @ L^H
 * @return new tensor of the same shape; 0 on failure
 * @errors SHAPE, TYPE, LINALG (not positive definite), INVALID_ARGUMENT (upper, NaN or infinity)
 * @source aten::linalg_cholesky
 */
RT_TORCH_API int64_t rt_torch_tensor_cholesky(int64_t tensor, int32_t upper);

/** Cross products of vectors of 3 elements; the other axes broadcast.
 *
 * @param a     tensor of a numeric dtype
 * @param b     tensor of the same dtype
 * @param axis  axis of both, of length 3, counted from the last one: negative
 * @return new tensor of the broadcast shape; 0 on failure
 * @errors SHAPE, INDEX (axis), TYPE (different dtypes)
 * @source aten::linalg_cross
 */
RT_TORCH_API int64_t rt_torch_tensor_cross(int64_t a, int64_t b, int64_t axis);

/** Determinants.
 *
 * @param tensor  tensor of shape (..., n, n), of float32, float64, complex64 or complex128
 * @return new tensor of shape (...); 0 on failure
 * @errors SHAPE, TYPE
 * @source aten::linalg_det
 */
RT_TORCH_API int64_t rt_torch_tensor_det(int64_t tensor);

/** Sums of conj(a) * b along an axis; the other axes broadcast.
 *
 * @param a     tensor of a numeric dtype
 * @param b     tensor of the same dtype
 * @param axis  axis of both, of the same length, counted from the last one: negative
 * @return new tensor of the broadcast shape without the axis, of the same dtype; 0 on failure
 * @errors SHAPE, INDEX (axis), TYPE (different dtypes, bool)
 * @source aten::mul.Tensor, aten::sum.dim_IntList
 */
RT_TORCH_API int64_t rt_torch_tensor_vecdot(int64_t a, int64_t b, int64_t axis);

/** Sums of a diagonal of matrices.
 *
 * @param tensor  tensor of shape (..., m, n)
 * @param offset  the diagonal: 0 for the main one, positive above it, negative below it
 * @param dtype   dtype of the result
 * @return new tensor of shape (...); 0 on failure
 * @errors SHAPE, INVALID_ARGUMENT (dtype)
 * @source aten::diagonal, aten::sum.dim_IntList
 */
RT_TORCH_API int64_t rt_torch_tensor_trace(int64_t tensor, int64_t offset, int32_t dtype);

/** Sums of products over axes of two tensors, for all combinations of the other axes.
 *
 * @param a       tensor of a numeric dtype
 * @param b       tensor of the same dtype
 * @param axes_a  naxes axes of a; NULL for the last ones
 * @param axes_b  naxes axes of b, of the same lengths; NULL for the first ones
 * @param naxes   number of axes, 0 to RT_TORCH_MAX_NDIM
 * @return new tensor with the other axes of a, then those of b; 0 on failure
 * @errors SHAPE, INDEX (axis), TYPE (different dtypes, bool), INVALID_ARGUMENT (naxes, a repeated axis)
 * @source aten::tensordot
 */
RT_TORCH_API int64_t rt_torch_tensor_tensordot(int64_t a, int64_t b, const int64_t *axes_a,
                                               const int64_t *axes_b, int64_t naxes);

/** Norms of matrices.
 *
 * @param tensor   tensor of shape (..., m, n), floating point or complex; for the orders 2 and -2 of
 *                 float32, float64, complex64 or complex128
 * @param order    1 and -1: the largest and smallest sum of magnitudes in a column; infinity and
 *                 -infinity: in a row; 2 and -2: the largest and smallest singular value; NULL: the
 *                 Frobenius norm
 * @param keepdim  1 keeps the last two axes with length 1, 0 drops them
 * @return new tensor of the real dtype, of shape (...) or (..., 1, 1); 0 on failure
 * @errors SHAPE (also the largest or smallest of no values), TYPE, INVALID_ARGUMENT (order, keepdim,
 *         NaN or infinity for the orders 2 and -2), LINALG (no convergence)
 * @source aten::linalg_vector_norm, aten::linalg_svdvals, aten::amax, aten::amin
 */
RT_TORCH_API int64_t rt_torch_tensor_matrix_norm(int64_t tensor, const double *order, int32_t keepdim);

/** Inverses of matrices.
 *
 * @param tensor  tensor of shape (..., n, n), of float32, float64, complex64 or complex128
 * @return new tensor of the same shape; 0 on failure
 * @errors SHAPE, TYPE, LINALG (singular)
 * @source aten::linalg_inv
 */
RT_TORCH_API int64_t rt_torch_tensor_inv(int64_t tensor);

/** Moore-Penrose pseudo-inverses. Singular values up to rtol times the largest one count as 0.
 *
 * @param tensor  tensor of shape (..., m, n), of float32, float64, complex64 or complex128
 * @param rtol    the tolerance; NULL for max(m, n) * eps of the dtype
 * @return new tensor of shape (..., n, m); 0 on failure
 * @errors SHAPE, TYPE, LINALG (no convergence), INVALID_ARGUMENT (NaN or infinity)
 * @source aten::linalg_pinv.atol_rtol_float
 */
RT_TORCH_API int64_t rt_torch_tensor_pinv(int64_t tensor, const double *rtol);

/** Ranks of matrices: the number of singular values larger than rtol times the largest one.
 *
 * @param tensor  tensor of shape (..., m, n), of float32, float64, complex64 or complex128
 * @param rtol    the tolerance; NULL for max(m, n) * eps of the dtype
 * @return new tensor of int64, of shape (...); 0 on failure
 * @errors SHAPE, TYPE, LINALG (no convergence), INVALID_ARGUMENT (NaN or infinity)
 * @source aten::linalg_matrix_rank.atol_rtol_float
 */
RT_TORCH_API int64_t rt_torch_tensor_matrix_rank(int64_t tensor, const double *rtol);

/** Matrices raised to a power.
 *
 * @param tensor  tensor of shape (..., n, n), of float32, float64, complex64 or complex128
 * @param n       the exponent; 0 gives the identity, a negative one a power of the inverse
 * @return new tensor of the same shape; 0 on failure
 * @errors SHAPE, TYPE, LINALG (singular)
 * @source aten::linalg_matrix_power
 */
RT_TORCH_API int64_t rt_torch_tensor_matrix_power(int64_t tensor, int64_t n);

/** The solution x of a @ x = b.
 *
 * @param a  tensor of shape (..., n, n), of float32, float64, complex64 or complex128
 * @param b  tensor of the same dtype, of shape (n,), or (..., n, k), whose batch broadcasts with that
 *           of a
 * @return new tensor of shape (..., n) or (..., n, k); 0 on failure
 * @errors SHAPE, TYPE, LINALG (singular)
 * @source aten::linalg_solve
 */
RT_TORCH_API int64_t rt_torch_tensor_solve(int64_t a, int64_t b);

/** Eigenvalues of square matrices.
 *
 * @param tensor  tensor of shape (..., n, n), of float32, float64, complex64 or complex128
 * @return new tensor of shape (..., n), complex; 0 on failure
 * @errors SHAPE, TYPE, LINALG (no convergence), INVALID_ARGUMENT (NaN or infinity)
 * @source aten::linalg_eigvals
 */
RT_TORCH_API int64_t rt_torch_tensor_eigvals(int64_t tensor);

/** Eigenvalues of Hermitian or real symmetric matrices, of which only the lower triangle is read.
 *
 * @param tensor  tensor of shape (..., n, n), of float32, float64, complex64 or complex128
 * @return new tensor of shape (..., n), real, in ascending order; 0 on failure
 * @errors SHAPE, TYPE, LINALG (no convergence), INVALID_ARGUMENT (NaN or infinity)
 * @source aten::linalg_eigvalsh
 */
RT_TORCH_API int64_t rt_torch_tensor_eigvalsh(int64_t tensor);

/** Singular values of matrices.
 *
 * @param tensor  tensor of shape (..., m, n), of float32, float64, complex64 or complex128
 * @return new tensor of shape (..., min(m, n)), real, in descending order; 0 on failure
 * @errors SHAPE, TYPE, LINALG (no convergence), INVALID_ARGUMENT (NaN or infinity)
 * @source aten::linalg_svdvals
 */
RT_TORCH_API int64_t rt_torch_tensor_svdvals(int64_t tensor);

/** Eigenvalues and eigenvectors of square matrices.
 *
 * @param tensor    tensor of shape (..., n, n), of float32, float64, complex64 or complex128
 * @param results   receives 2 new tensors, complex: values of shape (..., n), vectors of shape (..., n,
 *                  n), in the columns
 * @param capacity  integers at results, at least 2
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors SHAPE, TYPE, LINALG (no convergence), INVALID_ARGUMENT (NULL, capacity, NaN or infinity)
 * @source aten::linalg_eig
 */
RT_TORCH_API int64_t rt_torch_tensor_eig(int64_t tensor, int64_t *results, int64_t capacity);

/** Eigenvalues and eigenvectors of Hermitian or real symmetric matrices, of which only the lower
 * triangle is read.
 *
 * @param tensor    tensor of shape (..., n, n), of float32, float64, complex64 or complex128
 * @param results   receives 2 new tensors: values of shape (..., n), real, in ascending order; vectors
 *                  of shape (..., n, n), in the columns
 * @param capacity  integers at results, at least 2
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors SHAPE, TYPE, LINALG (no convergence), INVALID_ARGUMENT (NULL, capacity, NaN or infinity)
 * @source aten::linalg_eigh
 */
RT_TORCH_API int64_t rt_torch_tensor_eigh(int64_t tensor, int64_t *results, int64_t capacity);

/** Q with orthonormal columns and upper triangular R, whose product the matrices are.
 *
 * @param tensor    tensor of shape (..., m, n), of float32, float64, complex64 or complex128
 * @param complete  1 for k = m columns of Q, 0 for k = min(m, n)
 * @param results   receives 2 new tensors: Q of shape (..., m, k), R of shape (..., k, n)
 * @param capacity  integers at results, at least 2
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors SHAPE, TYPE, INVALID_ARGUMENT (complete, NULL, capacity)
 * @source aten::linalg_qr
 */
RT_TORCH_API int64_t rt_torch_tensor_qr(int64_t tensor, int32_t complete, int64_t *results, int64_t capacity);

/** Signs and logarithms of the magnitude of determinants.
 *
 * @param tensor    tensor of shape (..., n, n), of float32, float64, complex64 or complex128
 * @param results   receives 2 new tensors of shape (...): the sign, and the logarithm, real
 * @param capacity  integers at results, at least 2
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors SHAPE, TYPE, INVALID_ARGUMENT (NULL, capacity)
 * @source aten::linalg_slogdet
 */
RT_TORCH_API int64_t rt_torch_tensor_slogdet(int64_t tensor, int64_t *results, int64_t capacity);

/** Unitary U and Vh, and the singular values S, with U @ diag(S) @ Vh the matrices.
 *
 * @param tensor         tensor of shape (..., m, n), of float32, float64, complex64 or complex128
 * @param full_matrices  1 for square U and Vh; 0 for k = min(m, n) columns of U and rows of Vh
 * @param results        receives 3 new tensors: U of shape (..., m, m) or (..., m, k); S of shape (...,
 *                       k), real, in descending order; Vh of shape (..., n, n) or (..., k, n)
 * @param capacity       integers at results, at least 3
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors SHAPE, TYPE, LINALG (no convergence), INVALID_ARGUMENT (full_matrices, NULL, capacity, NaN or
 *         infinity)
 * @source aten::linalg_svd
 */
RT_TORCH_API int64_t rt_torch_tensor_svd(int64_t tensor, int32_t full_matrices, int64_t *results,
                                         int64_t capacity);

/* ---- Fourier transforms, of float32, float64, complex64 and complex128 ---------------------------- */

/** Factors of a transform of n elements. */
enum {
  RT_TORCH_NORM_BACKWARD = 0, /**< 1 for a transform, 1 / n for an inverse */
  RT_TORCH_NORM_ORTHO = 1,    /**< 1 / sqrt(n) for both */
  RT_TORCH_NORM_FORWARD = 2   /**< 1 / n for a transform, 1 for an inverse */
};

/** Transforms along an axis.
 *
 * @param tensor  tensor
 * @param n       the length of the transform; NULL for that of the axis
 * @param axis    axis
 * @param norm    RT_TORCH_NORM_BACKWARD, RT_TORCH_NORM_ORTHO or RT_TORCH_NORM_FORWARD
 * @return new complex tensor; 0 on failure
 * @errors SHAPE (no elements), TYPE, INDEX (axis), INVALID_ARGUMENT (a length below 1, norm)
 * @source aten::fft_fft
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_fft(int64_t tensor, const int64_t *n, int64_t axis, int32_t norm);

/** Inverse of rt_torch_tensor_fft_fft().
 *
 * @param tensor  tensor
 * @param n       the length of the transform; NULL for that of the axis
 * @param axis    axis
 * @param norm    RT_TORCH_NORM_BACKWARD, RT_TORCH_NORM_ORTHO or RT_TORCH_NORM_FORWARD
 * @return new complex tensor; 0 on failure
 * @errors SHAPE (no elements), TYPE, INDEX (axis), INVALID_ARGUMENT (a length below 1, norm)
 * @source aten::fft_ifft
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_ifft(int64_t tensor, const int64_t *n, int64_t axis, int32_t norm);

/** Transforms of real tensors along an axis. The result has n / 2 + 1 elements: the others are their
 * conjugates.
 *
 * @param tensor  real tensor
 * @param n       the length of the transform; NULL for that of the axis
 * @param axis    axis
 * @param norm    RT_TORCH_NORM_BACKWARD, RT_TORCH_NORM_ORTHO or RT_TORCH_NORM_FORWARD
 * @return new complex tensor; 0 on failure
 * @errors SHAPE (no elements), TYPE, INDEX (axis), INVALID_ARGUMENT (a length below 1, norm)
 * @source aten::fft_rfft
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_rfft(int64_t tensor, const int64_t *n, int64_t axis, int32_t norm);

/** Inverse of rt_torch_tensor_fft_rfft().
 *
 * @param tensor  complex tensor
 * @param n       the length of the result; NULL for 2 * (m - 1), where m is the length of the axis
 * @param axis    axis
 * @param norm    RT_TORCH_NORM_BACKWARD, RT_TORCH_NORM_ORTHO or RT_TORCH_NORM_FORWARD
 * @return new real tensor; 0 on failure
 * @errors SHAPE (no elements), TYPE, INDEX (axis), INVALID_ARGUMENT (a length below 1, norm)
 * @source aten::fft_irfft
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_irfft(int64_t tensor, const int64_t *n, int64_t axis, int32_t norm);

/** Transforms of Hermitian-symmetric tensors along an axis, of which the tensor is one half.
 *
 * @param tensor  complex tensor
 * @param n       the length of the result; NULL for 2 * (m - 1), where m is the length of the axis
 * @param axis    axis
 * @param norm    RT_TORCH_NORM_BACKWARD, RT_TORCH_NORM_ORTHO or RT_TORCH_NORM_FORWARD
 * @return new real tensor; 0 on failure
 * @errors SHAPE (no elements), TYPE, INDEX (axis), INVALID_ARGUMENT (a length below 1, norm)
 * @source aten::fft_hfft
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_hfft(int64_t tensor, const int64_t *n, int64_t axis, int32_t norm);

/** Inverse of rt_torch_tensor_fft_hfft().
 *
 * @param tensor  real tensor
 * @param n       the length of the transform; NULL for that of the axis
 * @param axis    axis
 * @param norm    RT_TORCH_NORM_BACKWARD, RT_TORCH_NORM_ORTHO or RT_TORCH_NORM_FORWARD
 * @return new complex tensor; 0 on failure
 * @errors SHAPE (no elements), TYPE, INDEX (axis), INVALID_ARGUMENT (a length below 1, norm)
 * @source aten::fft_ihfft
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_ihfft(int64_t tensor, const int64_t *n, int64_t axis, int32_t norm);

/** Transforms along several axes.
 *
 * @param tensor    tensor
 * @param lengths   the lengths of the transform; NULL for those of the axes
 * @param nlengths  integers at lengths: naxes; 0 if it is NULL
 * @param axes      axes, none repeated; NULL for all
 * @param naxes     integers at axes; 0 if it is NULL
 * @param norm      RT_TORCH_NORM_BACKWARD, RT_TORCH_NORM_ORTHO or RT_TORCH_NORM_FORWARD
 * @return new complex tensor; 0 on failure
 * @errors SHAPE (no elements), TYPE, INDEX (axis), INVALID_ARGUMENT (a length below 1, norm, nlengths,
 *         a repeated axis)
 * @source aten::fft_fftn
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_fftn(int64_t tensor, const int64_t *lengths, int64_t nlengths,
                                              const int64_t *axes, int64_t naxes, int32_t norm);

/** Inverse of rt_torch_tensor_fft_fftn().
 *
 * @param tensor    tensor
 * @param lengths   the lengths of the transform; NULL for those of the axes
 * @param nlengths  integers at lengths: naxes; 0 if it is NULL
 * @param axes      axes, none repeated; NULL for all
 * @param naxes     integers at axes; 0 if it is NULL
 * @param norm      RT_TORCH_NORM_BACKWARD, RT_TORCH_NORM_ORTHO or RT_TORCH_NORM_FORWARD
 * @return new complex tensor; 0 on failure
 * @errors SHAPE (no elements), TYPE, INDEX (axis), INVALID_ARGUMENT (a length below 1, norm, nlengths,
 *         a repeated axis)
 * @source aten::fft_ifftn
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_ifftn(int64_t tensor, const int64_t *lengths, int64_t nlengths,
                                               const int64_t *axes, int64_t naxes, int32_t norm);

/** Transforms of real tensors along several axes. The last one has n / 2 + 1 elements in the result.
 *
 * @param tensor    real tensor
 * @param lengths   the lengths of the transform; NULL for those of the axes
 * @param nlengths  integers at lengths: naxes; 0 if it is NULL
 * @param axes      axes, none repeated; NULL for all
 * @param naxes     integers at axes; 0 if it is NULL
 * @param norm      RT_TORCH_NORM_BACKWARD, RT_TORCH_NORM_ORTHO or RT_TORCH_NORM_FORWARD
 * @return new complex tensor; 0 on failure
 * @errors SHAPE (no elements), TYPE, INDEX (axis), INVALID_ARGUMENT (a length below 1, norm, nlengths,
 *         a repeated axis)
 * @source aten::fft_rfftn
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_rfftn(int64_t tensor, const int64_t *lengths, int64_t nlengths,
                                               const int64_t *axes, int64_t naxes, int32_t norm);

/** Inverse of rt_torch_tensor_fft_rfftn().
 *
 * @param tensor    complex tensor
 * @param lengths   the lengths of the transform; NULL for those of the axes, for the last one 2 * (m -
 *                  1), where m is its length
 * @param nlengths  integers at lengths: naxes; 0 if it is NULL
 * @param axes      axes, none repeated; NULL for all
 * @param naxes     integers at axes; 0 if it is NULL
 * @param norm      RT_TORCH_NORM_BACKWARD, RT_TORCH_NORM_ORTHO or RT_TORCH_NORM_FORWARD
 * @return new real tensor; 0 on failure
 * @errors SHAPE (no elements), TYPE, INDEX (axis), INVALID_ARGUMENT (a length below 1, norm, nlengths,
 *         a repeated axis)
 * @source aten::fft_irfftn
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_irfftn(int64_t tensor, const int64_t *lengths, int64_t nlengths,
                                                const int64_t *axes, int64_t naxes, int32_t norm);

/** The halves along axes swapped: frequency 0 moves to the middle.
 *
 * @param tensor  tensor of any dtype
 * @param axes    axes, none repeated; NULL for all
 * @param naxes   integers at axes; 0 if it is NULL
 * @return new tensor of the same shape; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (naxes, a repeated axis)
 * @source aten::roll
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_fftshift(int64_t tensor, const int64_t *axes, int64_t naxes);

/** Inverse of rt_torch_tensor_fft_fftshift().
 *
 * @param tensor  tensor of any dtype
 * @param axes    axes, none repeated; NULL for all
 * @param naxes   integers at axes; 0 if it is NULL
 * @return new tensor of the same shape; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (naxes, a repeated axis)
 * @source aten::roll
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_ifftshift(int64_t tensor, const int64_t *axes, int64_t naxes);

/** The frequencies of the elements of rt_torch_tensor_fft_fft(): 0, 1, ..., then the negative ones up
 * to -1, divided by d * n.
 *
 * @param n       length of the transform, 1 or more
 * @param d       spacing of the samples, not 0
 * @param dtype   floating-point dtype
 * @param device  RT_TORCH_CPU, or the number of a CUDA device
 * @return new tensor of one axis; 0 on failure
 * @errors TYPE, INVALID_ARGUMENT, UNAVAILABLE (no such device), OUT_OF_MEMORY
 * @source aten::fft_fftfreq
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_fftfreq(int64_t n, double d, int32_t dtype, int64_t device);

/** The frequencies of the elements of rt_torch_tensor_fft_rfft(): 0, 1, ..., n / 2, divided by d * n.
 *
 * @param n       length of the transform, 1 or more
 * @param d       spacing of the samples, not 0
 * @param dtype   floating-point dtype
 * @param device  RT_TORCH_CPU, or the number of a CUDA device
 * @return new tensor of one axis; 0 on failure
 * @errors TYPE, INVALID_ARGUMENT, UNAVAILABLE (no such device), OUT_OF_MEMORY
 * @source aten::fft_rfftfreq
 */
RT_TORCH_API int64_t rt_torch_tensor_fft_rfftfreq(int64_t n, double d, int32_t dtype, int64_t device);

/* ---- Reductions ---------------------------------------------------------------------------------- */

/** Sum over axes.
 *
 * @param tensor   tensor
 * @param axes     axes to reduce, each once; NULL for all of them
 * @param naxes    integers at axes; 0 with NULL
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @param dtype    dtype of the sum and of its result
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis)
 * @source aten::sum.dim_IntList
 */
RT_TORCH_API int64_t rt_torch_tensor_sum(int64_t tensor, const int64_t *axes, int64_t naxes, int32_t keepdim,
                                         int32_t dtype);

/** Product over axes.
 *
 * @param tensor   tensor
 * @param axes     axes to reduce, each once; NULL for all of them
 * @param naxes    integers at axes; 0 with NULL
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @param dtype    dtype of the product and of its result
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis)
 * @source aten::prod.dim_int, aten::prod
 */
RT_TORCH_API int64_t rt_torch_tensor_prod(int64_t tensor, const int64_t *axes, int64_t naxes, int32_t keepdim,
                                          int32_t dtype);

/** Arithmetic mean over axes.
 *
 * @param tensor   tensor of a floating-point or complex dtype
 * @param axes     axes to reduce, each once; NULL for all of them
 * @param naxes    integers at axes; 0 with NULL
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis), TYPE
 * @source aten::mean.dim
 */
RT_TORCH_API int64_t rt_torch_tensor_mean(int64_t tensor, const int64_t *axes, int64_t naxes,
                                          int32_t keepdim);

/** Variance over axes.
 *
 * @param tensor      tensor of a floating-point or complex dtype
 * @param axes        axes to reduce, each once; NULL for all of them
 * @param naxes       integers at axes; 0 with NULL
 * @param correction  subtracted from the number of elements in the divisor: 0 for a population, 1 for a
 *                    sample
 * @param keepdim     1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis), TYPE
 * @source aten::var.correction
 */
RT_TORCH_API int64_t rt_torch_tensor_var(int64_t tensor, const int64_t *axes, int64_t naxes,
                                         double correction, int32_t keepdim);

/** Standard deviation over axes: the root of rt_torch_tensor_var().
 *
 * @param tensor      tensor of a floating-point or complex dtype
 * @param axes        axes to reduce, each once; NULL for all of them
 * @param naxes       integers at axes; 0 with NULL
 * @param correction  subtracted from the number of elements in the divisor: 0 for a population, 1 for a
 *                    sample
 * @param keepdim     1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis), TYPE
 * @source aten::std.correction
 */
RT_TORCH_API int64_t rt_torch_tensor_std(int64_t tensor, const int64_t *axes, int64_t naxes,
                                         double correction, int32_t keepdim);

/** Number of elements over axes that are not 0.
 *
 * @param tensor   tensor
 * @param axes     axes to reduce, each once; NULL for all of them
 * @param naxes    integers at axes; 0 with NULL
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor of int64; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis)
 * @source aten::ne.Scalar, aten::sum.dim_IntList
 */
RT_TORCH_API int64_t rt_torch_tensor_count_nonzero(int64_t tensor, const int64_t *axes, int64_t naxes,
                                                   int32_t keepdim);

/** Vector norm over axes: the root of order `order` of the sum of the magnitudes' powers of that order.
 *
 * A norm that the dtype can represent does not overflow on the way.
 *
 * @param tensor   tensor of a floating-point or complex dtype
 * @param axes     axes to reduce, each once; NULL for all of them
 * @param naxes    integers at axes; 0 with NULL
 * @param order    any number but NaN; 0 counts the elements that are not 0, infinity and its negative give
 *                 the largest and the smallest magnitude
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor of the corresponding real dtype; 0 on failure
 * @errors INDEX (axis), SHAPE (no elements, and an order that is negative or infinite), INVALID_ARGUMENT (NaN,
 *         NULL, naxes, a repeated axis), TYPE
 * @source aten::linalg_vector_norm
 */
RT_TORCH_API int64_t rt_torch_tensor_vector_norm(int64_t tensor, const int64_t *axes, int64_t naxes,
                                                 double order, int32_t keepdim);

/** Largest element over axes, NaN if there is one.
 *
 * @param tensor   tensor of a real dtype, not empty along the axes
 * @param axes     axes to reduce, each once; NULL for all of them
 * @param naxes    integers at axes; 0 with NULL
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis), TYPE, SHAPE (empty)
 * @source aten::amax
 */
RT_TORCH_API int64_t rt_torch_tensor_amax(int64_t tensor, const int64_t *axes, int64_t naxes,
                                          int32_t keepdim);

/** Smallest element over axes, NaN if there is one.
 *
 * @param tensor   tensor of a real dtype, not empty along the axes
 * @param axes     axes to reduce, each once; NULL for all of them
 * @param naxes    integers at axes; 0 with NULL
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis), TYPE, SHAPE (empty)
 * @source aten::amin
 */
RT_TORCH_API int64_t rt_torch_tensor_amin(int64_t tensor, const int64_t *axes, int64_t naxes,
                                          int32_t keepdim);

/** Whether every element over axes is true (not 0).
 *
 * @param tensor   tensor
 * @param axes     axes to reduce, each once; NULL for all of them
 * @param naxes    integers at axes; 0 with NULL
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor of bool; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis)
 * @source aten::all.dims
 */
RT_TORCH_API int64_t rt_torch_tensor_all(int64_t tensor, const int64_t *axes, int64_t naxes, int32_t keepdim);

/** Whether any element over axes is true (not 0).
 *
 * @param tensor   tensor
 * @param axes     axes to reduce, each once; NULL for all of them
 * @param naxes    integers at axes; 0 with NULL
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor of bool; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis)
 * @source aten::any.dims
 */
RT_TORCH_API int64_t rt_torch_tensor_any(int64_t tensor, const int64_t *axes, int64_t naxes, int32_t keepdim);

/** Index of the largest element, the first of equal ones.
 *
 * @param tensor   tensor of a real dtype, not empty along the axis
 * @param axis     the axis; NULL indexes all elements in C order
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor of int64; 0 on failure
 * @errors INDEX (axis), TYPE, SHAPE (empty)
 * @source aten::argmax
 */
RT_TORCH_API int64_t rt_torch_tensor_argmax(int64_t tensor, const int64_t *axis, int32_t keepdim);

/** Index of the smallest element, the first of equal ones.
 *
 * @param tensor   tensor of a real dtype, not empty along the axis
 * @param axis     the axis; NULL indexes all elements in C order
 * @param keepdim  1 keeps reduced axes with length 1, 0 drops them
 * @return new tensor of int64; 0 on failure
 * @errors INDEX (axis), TYPE, SHAPE (empty)
 * @source aten::argmin
 */
RT_TORCH_API int64_t rt_torch_tensor_argmin(int64_t tensor, const int64_t *axis, int32_t keepdim);

/** Running sums along an axis.
 *
 * @param tensor  tensor
 * @param axis    the axis; NULL if the tensor has only one
 * @param dtype   dtype of the result
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), SHAPE (NULL, and not one axis), INVALID_ARGUMENT (dtype)
 * @source aten::cumsum
 */
RT_TORCH_API int64_t rt_torch_tensor_cumsum(int64_t tensor, const int64_t *axis, int32_t dtype);

/** Running products along an axis.
 *
 * @param tensor  tensor
 * @param axis    the axis; NULL if the tensor has only one
 * @param dtype   dtype of the result
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), SHAPE (NULL, and not one axis), INVALID_ARGUMENT (dtype)
 * @source aten::cumprod
 */
RT_TORCH_API int64_t rt_torch_tensor_cumprod(int64_t tensor, const int64_t *axis, int32_t dtype);

/** The elements in order along an axis; NaN counts as the largest number.
 *
 * @param tensor      tensor
 * @param axis        axis to sort along
 * @param descending  1 puts the largest element first, 0 the smallest
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (descending)
 * @source aten::sort.stable
 */
RT_TORCH_API int64_t rt_torch_tensor_sort(int64_t tensor, int64_t axis, int32_t descending);

/** The indices that sort a tensor along an axis; equal elements keep their order.
 *
 * @param tensor      tensor
 * @param axis        axis to sort along
 * @param descending  1 puts the largest element first, 0 the smallest
 * @return new tensor of int64; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (descending)
 * @source aten::sort.stable
 */
RT_TORCH_API int64_t rt_torch_tensor_argsort(int64_t tensor, int64_t axis, int32_t descending);

/* ---- Sets: the distinct elements of tensors of real dtypes and bool. Every NaN is distinct ---------- */

/** The distinct elements.
 *
 * @param tensor  tensor of a real dtype or bool
 * @return new tensor of one axis, in ascending order; 0 on failure
 * @errors TYPE
 * @source aten::_unique2
 */
RT_TORCH_API int64_t rt_torch_tensor_unique_values(int64_t tensor);

/** The distinct elements, and how often each occurs.
 *
 * @param tensor    tensor of a real dtype or bool
 * @param results   receives 2 new tensors of one axis: the elements in ascending order; the numbers, of
 *                  int64
 * @param capacity  integers at results, at least 2
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors TYPE, INVALID_ARGUMENT (NULL, capacity)
 * @source aten::_unique2
 */
RT_TORCH_API int64_t rt_torch_tensor_unique_counts(int64_t tensor, int64_t *results, int64_t capacity);

/** The distinct elements, and which of them each element is.
 *
 * @param tensor    tensor of a real dtype or bool
 * @param results   receives 2 new tensors: the elements in ascending order; their indices, of int64 and
 *                  the shape of the tensor
 * @param capacity  integers at results, at least 2
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors TYPE, INVALID_ARGUMENT (NULL, capacity)
 * @source aten::_unique2
 */
RT_TORCH_API int64_t rt_torch_tensor_unique_inverse(int64_t tensor, int64_t *results, int64_t capacity);

/* ---- Shape and order ----------------------------------------------------------------------------- */

/** The same elements in another shape.
 *
 * @param tensor  tensor
 * @param dims    shape, ndim integers, one of which may be -1, to be inferred
 * @param ndim    number of axes, 0 to RT_TORCH_MAX_NDIM
 * @return new tensor, which shares the storage if the strides allow it; 0 on failure
 * @errors SHAPE, INVALID_ARGUMENT (NULL, ndim)
 * @source aten::reshape
 */
RT_TORCH_API int64_t rt_torch_tensor_reshape(int64_t tensor, const int64_t *dims, int64_t ndim);

/** The same elements in another shape, over the same memory.
 *
 * @param tensor  tensor
 * @param dims    new shape; -1 at most once, for the length that fits
 * @param ndim    number of axes, 0 to RT_TORCH_MAX_NDIM
 * @return new tensor that shares the storage; 0 on failure
 * @errors SHAPE (the number of elements differs), INVALID_ARGUMENT (the strides need a copy; NULL, ndim)
 * @source aten::view
 */
RT_TORCH_API int64_t rt_torch_tensor_view(int64_t tensor, const int64_t *dims, int64_t ndim);

/** The axes in another order.
 *
 * @param tensor  tensor
 * @param axes    every axis once
 * @param naxes   integers at axes: ndim
 * @return new tensor that shares the storage; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis)
 * @source aten::permute
 */
RT_TORCH_API int64_t rt_torch_tensor_permute(int64_t tensor, const int64_t *axes, int64_t naxes);

/** Two axes exchanged.
 *
 * @param tensor  tensor
 * @param axis0   axis
 * @param axis1   axis
 * @return new tensor that shares the storage; 0 on failure
 * @errors INDEX (axis)
 * @source aten::transpose.int
 */
RT_TORCH_API int64_t rt_torch_tensor_transpose(int64_t tensor, int64_t axis0, int64_t axis1);

/** A matrix transposed.
 *
 * @param tensor  tensor of two axes
 * @return new tensor that shares the storage; 0 on failure
 * @errors SHAPE (another number of axes)
 * @source aten::t
 */
RT_TORCH_API int64_t rt_torch_tensor_t(int64_t tensor);

/** The last two axes exchanged.
 *
 * @param tensor  tensor of two axes or more
 * @return new tensor that shares the storage; 0 on failure
 * @errors SHAPE (fewer than two axes)
 * @source aten::transpose.int
 */
RT_TORCH_API int64_t rt_torch_tensor_matrix_transpose(int64_t tensor);

/** Broadcast to a larger shape, with stride 0 along stretched axes.
 *
 * @param tensor  tensor
 * @param dims    shape, ndim integers; -1 keeps an axis as it is
 * @param ndim    number of axes, the tensor's or more
 * @return new tensor that shares the storage; 0 on failure
 * @errors SHAPE, INVALID_ARGUMENT (NULL, ndim)
 * @source aten::expand
 */
RT_TORCH_API int64_t rt_torch_tensor_expand(int64_t tensor, const int64_t *dims, int64_t ndim);

/** A new axis of length 1.
 *
 * @param tensor  tensor
 * @param axis    position of the new axis in the result, in [-ndim - 1, ndim]
 * @return new tensor that shares the storage; 0 on failure
 * @errors INDEX (axis)
 * @source aten::unsqueeze
 */
RT_TORCH_API int64_t rt_torch_tensor_unsqueeze(int64_t tensor, int64_t axis);

/** Drops an axis of length 1.
 *
 * @param tensor  tensor
 * @param axis    axis of length 1
 * @return new tensor that shares the storage; 0 on failure
 * @errors INDEX (axis), SHAPE (its length is not 1)
 * @source aten::squeeze.dim
 */
RT_TORCH_API int64_t rt_torch_tensor_squeeze(int64_t tensor, int64_t axis);

/** The elements in reverse order along axes.
 *
 * @param tensor  tensor
 * @param axes    axes to reverse, each once; NULL for all of them
 * @param naxes   integers at axes; 0 with NULL
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, naxes, a repeated axis)
 * @source aten::flip
 */
RT_TORCH_API int64_t rt_torch_tensor_flip(int64_t tensor, const int64_t *axes, int64_t naxes);

/** The axes in another order: some moved, the others as they were.
 *
 * @param tensor        tensor
 * @param source        axes to move, each once
 * @param nsource       integers at source
 * @param destination   the place of each of them in the result, each once
 * @param ndestination  integers at destination, nsource
 * @return new tensor that shares the storage; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, a count, a repeated axis)
 * @source aten::movedim.intlist
 */
RT_TORCH_API int64_t rt_torch_tensor_moveaxis(int64_t tensor, const int64_t *source, int64_t nsource,
                                              const int64_t *destination, int64_t ndestination);

/** The elements moved along axes; those that leave at one end come in at the other.
 *
 * @param tensor   tensor
 * @param shifts   how far, towards larger indices, for each axis
 * @param nshifts  integers at shifts: naxes; 1 with NULL
 * @param axes     the axes; NULL moves through all elements in C order
 * @param naxes    integers at axes; 0 with NULL
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, a count)
 * @source aten::roll
 */
RT_TORCH_API int64_t rt_torch_tensor_roll(int64_t tensor, const int64_t *shifts, int64_t nshifts,
                                          const int64_t *axes, int64_t naxes);

/** The whole tensor repeated along axes.
 *
 * @param tensor   tensor
 * @param counts   how often, 0 or more, for each of the last axes; more of them than axes add axes in front
 * @param ncounts  integers at counts
 * @return new tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, ncounts, a negative count, too large)
 * @source aten::tile
 */
RT_TORCH_API int64_t rt_torch_tensor_tile(int64_t tensor, const int64_t *counts, int64_t ncounts);

/** Matrices with the elements above a diagonal set to 0.
 *
 * @param tensor    tensor of shape (..., m, n)
 * @param diagonal  0 for the main one, above it positive, below it negative
 * @return new tensor; 0 on failure
 * @errors SHAPE (fewer than 2 axes)
 * @source aten::tril
 */
RT_TORCH_API int64_t rt_torch_tensor_tril(int64_t tensor, int64_t diagonal);

/** Matrices with the elements below a diagonal set to 0.
 *
 * @param tensor    tensor of shape (..., m, n)
 * @param diagonal  0 for the main one, above it positive, below it negative
 * @return new tensor; 0 on failure
 * @errors SHAPE (fewer than 2 axes)
 * @source aten::triu
 */
RT_TORCH_API int64_t rt_torch_tensor_triu(int64_t tensor, int64_t diagonal);

/** The elements on a diagonal of two axes, along a new last axis; the two are dropped.
 *
 * @param tensor  tensor
 * @param offset  0 for the main diagonal, above it positive, below it negative
 * @param axis0   axis of the rows
 * @param axis1   axis of the columns
 * @return new tensor that shares the storage; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (the same axis twice)
 * @source aten::diagonal
 */
RT_TORCH_API int64_t rt_torch_tensor_diagonal(int64_t tensor, int64_t offset, int64_t axis0, int64_t axis1);

/** Joins tensors along an existing axis; dtypes promote.
 *
 * @param tensors  count tensors of the same shape, except along the axis
 * @param count    1 to RT_TORCH_MAX_TENSORS
 * @param axis     axis
 * @return new tensor; 0 on failure
 * @errors SHAPE, INDEX (axis), INVALID_ARGUMENT (NULL, count, a result that is too large)
 * @source aten::cat
 */
RT_TORCH_API int64_t rt_torch_tensor_cat(const int64_t *tensors, int64_t count, int64_t axis);

/** Joins tensors along a new axis; dtypes promote.
 *
 * @param tensors  count tensors of the same shape
 * @param count    1 to RT_TORCH_MAX_TENSORS
 * @param axis     position of the new axis in the result, in [-ndim - 1, ndim]
 * @return new tensor; 0 on failure
 * @errors SHAPE, INDEX (axis), INVALID_ARGUMENT (NULL, count)
 * @source aten::stack
 */
RT_TORCH_API int64_t rt_torch_tensor_stack(const int64_t *tensors, int64_t count, int64_t axis);

/** Each element repeated in its place.
 *
 * @param tensor   tensor
 * @param repeats  number of repetitions, 0 or more
 * @param axis     the axis; NULL for the tensor as one axis, in C order
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (repeats, too many elements)
 * @source aten::repeat_interleave.self_int
 */
RT_TORCH_API int64_t rt_torch_tensor_repeat_interleave(int64_t tensor, int64_t repeats, const int64_t *axis);

/** The tensor split along an axis.
 *
 * @param tensor    tensor
 * @param axis      axis, of length n
 * @param results   receives n new tensors without the axis, which share the storage
 * @param capacity  integers at results, at least n
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors INDEX (axis), INVALID_ARGUMENT (NULL, capacity)
 * @source aten::unbind.int
 */
RT_TORCH_API int64_t rt_torch_tensor_unbind(int64_t tensor, int64_t axis, int64_t *results, int64_t capacity);

/** Tensors in the shape that they broadcast to.
 *
 * @param tensors   tensors
 * @param count     number of them, 1 to RT_TORCH_MAX_TENSORS
 * @param results   receives count new tensors, which share the storage
 * @param capacity  integers at results, at least count
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors SHAPE, INVALID_ARGUMENT (count, NULL, capacity)
 * @source aten::broadcast_tensors
 */
RT_TORCH_API int64_t rt_torch_broadcast_tensors(const int64_t *tensors, int64_t count, int64_t *results,
                                                int64_t capacity);

/** The coordinates of every point of a grid, one tensor for each axis of the grid.
 *
 * @param tensors   tensors of one axis, of lengths n, m, ...: the coordinates along each axis of the
 *                  grid
 * @param count     number of them, 1 to RT_TORCH_MAX_NDIM
 * @param swapped   0 for results of shape (n, m, ...), 1 for (m, n, ...)
 * @param results   receives count new tensors, which share the storage
 * @param capacity  integers at results, at least count
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors SHAPE, INVALID_ARGUMENT (count, swapped, NULL, capacity)
 * @source aten::meshgrid.indexing
 */
RT_TORCH_API int64_t rt_torch_meshgrid(const int64_t *tensors, int64_t count, int32_t swapped,
                                       int64_t *results, int64_t capacity);

/* ---- Indexing ------------------------------------------------------------------------------------ */

/** The elements at one index of an axis; the axis is dropped.
 *
 * @param tensor  tensor
 * @param axis    axis
 * @param index   in [-n, n), where n is the length of the axis
 * @return new tensor that shares the storage; 0 on failure
 * @errors INDEX
 * @source aten::select.int
 */
RT_TORCH_API int64_t rt_torch_tensor_select(int64_t tensor, int64_t axis, int64_t index);

/** Every step-th element of [start, stop) along an axis.
 *
 * @param tensor  tensor
 * @param axis    axis
 * @param start   first index; negative counts from the end; clipped to the axis
 * @param stop    end, not included; negative counts from the end; clipped to the axis
 * @param step    1 or more
 * @return new tensor that shares the storage; 0 on failure
 * @errors INDEX (axis), INVALID_ARGUMENT (step)
 * @source aten::slice.Tensor
 */
RT_TORCH_API int64_t rt_torch_tensor_slice(int64_t tensor, int64_t axis, int64_t start, int64_t stop,
                                           int64_t step);

/** The elements [start, start + length) along an axis.
 *
 * @param tensor  tensor
 * @param axis    axis
 * @param start   first index, in [-n, n], where n is the length of the axis
 * @param length  0 to n - start
 * @return new tensor that shares the storage; 0 on failure
 * @errors INDEX
 * @source aten::narrow
 */
RT_TORCH_API int64_t rt_torch_tensor_narrow(int64_t tensor, int64_t axis, int64_t start, int64_t length);

/** Elements selected by integer or bool tensors, one for each leading axis.
 *
 * @param tensor   tensor
 * @param indices  count tensors, which broadcast against each other, or 0 to select the whole axis; a
 *                 bool tensor indexes as many axes as it has
 * @param count    1 to ndim
 * @return new tensor, a copy; 0 on failure
 * @errors INDEX, SHAPE, TYPE (not int32, int64, uint8 or bool), INVALID_ARGUMENT (NULL, count)
 * @source aten::index.Tensor
 */
RT_TORCH_API int64_t rt_torch_tensor_index(int64_t tensor, const int64_t *indices, int64_t count);

/** The elements at indices of an axis.
 *
 * @param tensor   tensor
 * @param indices  tensor of int64 and one axis; a negative index counts from the end
 * @param axis     the axis; NULL if the tensor has only one
 * @return new tensor; 0 on failure
 * @errors INDEX, SHAPE, TYPE (indices not int64)
 * @source aten::index.Tensor
 */
RT_TORCH_API int64_t rt_torch_tensor_take(int64_t tensor, int64_t indices, const int64_t *axis);

/** A key of rt_torch_tensor_basic_index(): RT_TORCH_KEY_INTS integers, of which the first is the kind. Those that the
 * kind has no use for are not read. */
enum {
  RT_TORCH_KEY_INDEX = 0,    /**< an index of an axis, which is dropped; negative counts from the end */
  RT_TORCH_KEY_SLICE = 1,    /**< start, stop and step, as for rt_torch_tensor_slice() */
  RT_TORCH_KEY_NEW_AXIS = 2, /**< an axis of length 1 */
  RT_TORCH_KEY_ELLIPSIS = 3, /**< all axes that no other key indexes; at most one */
  RT_TORCH_KEY_INTS = 4,
  RT_TORCH_KEY_TENSOR = 4 /**< a tensor, as for rt_torch_tensor_index() */
};

/** A view by integers, slices, new axes and an ellipsis, in one call; a copy if a key is a tensor. Axes after the last
 * key are whole.
 *
 * With tensors, integers are indices that broadcast with them, as in NumPy: where a slice, a new axis or an ellipsis is
 * between two of these keys, the axes of the indices come first in the result.
 *
 * Never warns.
 *
 * @param tensor  tensor
 * @param keys    count keys of RT_TORCH_KEY_INTS integers each
 * @param count   0 to RT_TORCH_MAX_NDIM
 * @return new tensor that shares the storage, unless a key is a tensor; 0 on failure
 * @errors INDEX (out of range, more keys than axes, a second ellipsis), INVALID_ARGUMENT (NULL, count, kind, step),
 *         SHAPE (more than RT_TORCH_MAX_NDIM axes, tensors that do not broadcast), TYPE (a tensor not of int64, int32,
 *         uint8 or bool)
 * @source NumPy, "Indexing on ndarrays"; aten::select.int, aten::slice.Tensor, aten::unsqueeze, aten::alias,
 *         aten::index.Tensor
 */
RT_TORCH_API int64_t rt_torch_tensor_basic_index(int64_t tensor, const int64_t *keys, int64_t count);

/** Overwrites the elements that rt_torch_tensor_basic_index() views or selects.
 *
 * @param tensor  tensor, overwritten
 * @param keys    count keys of RT_TORCH_KEY_INTS integers each
 * @param count   0 to RT_TORCH_MAX_NDIM
 * @param values  tensor that broadcasts to these elements, and is converted to the dtype; it may share memory with
 *                the tensor, as the keys may
 * @return 0; -1 on failure
 * @errors as rt_torch_tensor_basic_index(); SHAPE (values)
 * @source aten::copy_, aten::index_put_
 */
RT_TORCH_API int32_t rt_torch_tensor_basic_index_put_(int64_t tensor, const int64_t *keys, int64_t count,
                                                      int64_t values);

/** Overwrites the elements that rt_torch_tensor_index() selects.
 *
 * @param tensor   tensor, overwritten
 * @param indices  as for rt_torch_tensor_index(); they may share memory with the tensor
 * @param count    1 to ndim
 * @param values   tensor of the same dtype that broadcasts to the selection; it may share memory with the
 *                 tensor
 * @return 0; -1 on failure
 * @errors INDEX, SHAPE, TYPE, INVALID_ARGUMENT (NULL, count)
 * @source aten::index_put_
 */
RT_TORCH_API int32_t rt_torch_tensor_index_put_(int64_t tensor, const int64_t *indices, int64_t count,
                                                int64_t values);

/** Indices of the elements that are not 0.
 *
 * @param tensor  tensor
 * @return new tensor of int64, shape (number found, ndim), in C order; 0 on failure
 * @source aten::nonzero
 */
RT_TORCH_API int64_t rt_torch_tensor_nonzero(int64_t tensor);

/** Where elements would have to be inserted to keep an order.
 *
 * @param sorted  tensor of one axis, in ascending order
 * @param values  tensor of the same dtype
 * @param right   1 finds the last place, behind equal elements, 0 the first one
 * @param sorter  tensor of int64 that sorts the first one, or 0 if it is sorted
 * @return new tensor of int64, of the shape of values; 0 on failure
 * @errors SHAPE, TYPE (different dtypes), INDEX (in sorter)
 * @source aten::searchsorted.Tensor
 */
RT_TORCH_API int64_t rt_torch_tensor_searchsorted(int64_t sorted, int64_t values, int32_t right,
                                                  int64_t sorter);

/** Whether each element is among the elements of another tensor.
 *
 * @param tensor  tensor
 * @param among   tensor
 * @return new tensor of bool; 0 on failure
 * @source aten::isin.Tensor_Tensor
 */
RT_TORCH_API int64_t rt_torch_tensor_isin(int64_t tensor, int64_t among);

/** For each 1-D slice along an axis, the elements at the matching slice of indices.
 *
 * @param tensor   tensor
 * @param indices  tensor of int64 with as many axes; the other axes broadcast. A negative index counts
 *                 from the end
 * @param axis     axis
 * @return new tensor of the broadcast shape, with the length of indices along the axis; 0 on failure
 * @errors INDEX (axis, an index out of range), SHAPE, TYPE
 * @source aten::gather
 */
RT_TORCH_API int64_t rt_torch_tensor_take_along_axis(int64_t tensor, int64_t indices, int64_t axis);

/** The indices of the nonzero elements, in C order, along each axis.
 *
 * @param tensor    tensor of one axis or more
 * @param results   receives a new tensor of int64 for each axis, of shape (number found,)
 * @param capacity  integers at results, at least the number of axes
 * @return number of results; -1 on failure, and then results holds no tensor to free
 * @errors SHAPE (no axis), INVALID_ARGUMENT (NULL, capacity)
 * @source aten::nonzero_numpy
 */
RT_TORCH_API int64_t rt_torch_tensor_nonzero_numpy(int64_t tensor, int64_t *results, int64_t capacity);

/* ---- Activations and layers ---------------------------------------------------------------------- */

/** max(x, 0); not for bool or complex.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @errors TYPE
 * @source aten::relu
 */
RT_TORCH_API int64_t rt_torch_relu(int64_t tensor);

/** 1 / (1 + exp(-x)); integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::sigmoid
 */
RT_TORCH_API int64_t rt_torch_sigmoid(int64_t tensor);

/** Hyperbolic tangent; integers give the default floating-point dtype.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::tanh
 */
RT_TORCH_API int64_t rt_torch_tanh(int64_t tensor);

/** Gaussian error linear unit: x * Phi(x).
 *
 * @param tensor       tensor of a floating-point dtype
 * @param approximate  0 for the exact function, with erf; 1 for the tanh approximation
 * @return new tensor; 0 on failure
 * @errors TYPE, INVALID_ARGUMENT (approximate)
 * @source aten::gelu
 */
RT_TORCH_API int64_t rt_torch_gelu(int64_t tensor, int32_t approximate);

/** Sigmoid linear unit: x * sigmoid(x).
 *
 * @param tensor  tensor of a floating-point or complex dtype
 * @return new tensor; 0 on failure
 * @errors TYPE
 * @source aten::silu
 */
RT_TORCH_API int64_t rt_torch_silu(int64_t tensor);

/** exp(x) / sum(exp(x)) along an axis.
 *
 * @param tensor  tensor of a floating-point dtype
 * @param axis    axis
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), TYPE
 * @source aten::softmax.int
 */
RT_TORCH_API int64_t rt_torch_softmax(int64_t tensor, int64_t axis);

/** Logarithm of the softmax along an axis.
 *
 * @param tensor  tensor of a floating-point dtype
 * @param axis    axis
 * @return new tensor; 0 on failure
 * @errors INDEX (axis), TYPE
 * @source aten::log_softmax.int
 */
RT_TORCH_API int64_t rt_torch_log_softmax(int64_t tensor, int64_t axis);

/** Normalizes over the last axes to mean 0 and variance 1, then scales and shifts.
 *
 * @param tensor   tensor of a floating-point dtype
 * @param dims     shape of the last ndim axes of tensor
 * @param ndim     1 or more
 * @param weight   tensor of that shape, or 0
 * @param bias     tensor of that shape, or 0
 * @param epsilon  added to the variance
 * @return new tensor; 0 on failure
 * @errors SHAPE, TYPE (different dtypes), INVALID_ARGUMENT (NULL, ndim)
 * @source aten::layer_norm
 */
RT_TORCH_API int64_t rt_torch_layer_norm(int64_t tensor, const int64_t *dims, int64_t ndim, int64_t weight,
                                         int64_t bias, double epsilon);

/** x @ transpose(weight) + bias.
 *
 * @param tensor  tensor of shape (..., in)
 * @param weight  tensor of shape (out, in)
 * @param bias    tensor of shape (out,), or 0
 * @return new tensor of shape (..., out); 0 on failure
 * @errors SHAPE, TYPE (different dtypes, bool)
 * @source aten::linear
 */
RT_TORCH_API int64_t rt_torch_linear(int64_t tensor, int64_t weight, int64_t bias);

/** Rows of a table.
 *
 * @param weight   tensor of shape (rows, columns)
 * @param indices  tensor of int32 or int64, each in [0, rows)
 * @return new tensor of shape indices.shape + (columns,); 0 on failure
 * @errors SHAPE, TYPE, INDEX
 * @source aten::embedding
 */
RT_TORCH_API int64_t rt_torch_embedding(int64_t weight, int64_t indices);

/** softmax(query @ transpose(key) * scale + mask) @ value.
 *
 * @param query   tensor of shape (..., l, e), floating point
 * @param key     tensor of shape (..., s, e)
 * @param value   tensor of shape (..., s, v)
 * @param mask    tensor that broadcasts to (..., l, s): bool, true for the keys that take part, or
 *                of the dtype of query, added to the scores; or 0
 * @param causal  1 lets row i attend to columns 0 to i only; mask must then be 0
 * @param scale   the factor; NULL for 1 / sqrt(e)
 * @return new tensor of shape (..., l, v); 0 on failure
 * @errors SHAPE, TYPE, INVALID_ARGUMENT
 * @source aten::scaled_dot_product_attention
 */
RT_TORCH_API int64_t rt_torch_scaled_dot_product_attention(int64_t query, int64_t key, int64_t value,
                                                           int64_t mask, int32_t causal, const double *scale);

/* ---- Gradients ------------------------------------------------------------------------------------- */

/** Says that gradients with respect to a tensor are wanted, or are not.
 *
 * Operations on it are recorded from then on, and so are operations on their results.
 *
 * @param tensor    tensor of a floating-point or complex dtype, if required is 1
 * @param required  1 or 0
 * @return 0; -1 on failure
 * @errors TYPE, INVALID_ARGUMENT (required; 0 for a tensor that a recorded operation made: see
 *         rt_torch_tensor_detach())
 * @source at::Tensor::requires_grad_
 */
RT_TORCH_API int32_t rt_torch_tensor_set_requires_grad(int64_t tensor, int32_t required);

/** Whether operations on a tensor are recorded. Never warns.
 *
 * @param tensor  tensor
 * @return 1 or 0; -1 on failure
 * @source at::Tensor::requires_grad
 */
RT_TORCH_API int32_t rt_torch_tensor_requires_grad(int64_t tensor);

/** Whether a tensor is a leaf: it does not require gradients, or no recorded operation made it. Never warns.
 *
 * @param tensor  tensor
 * @return 1 or 0; -1 on failure
 * @source at::Tensor::is_leaf
 */
RT_TORCH_API int32_t rt_torch_tensor_is_leaf(int64_t tensor);

/** Copies out the name of the node that the operation which made a tensor left in the graph.
 *
 * @param tensor    tensor
 * @param text      receives the name, such as "AddBackward0", NUL-terminated, truncated to fit; "" for a leaf;
 *                  may be NULL if capacity is 0
 * @param capacity  bytes at text, 0 or more
 * @return bytes of the whole name without its NUL, even if capacity is smaller; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, capacity)
 * @source torch::autograd::Node::name
 */
RT_TORCH_API int64_t rt_torch_tensor_grad_fn(int64_t tensor, char *text, int64_t capacity);

/** Number of writes to the memory of a tensor and of its views. A tensor that was saved for a gradient and
 * written to since makes rt_torch_backward() fail. Never warns.
 *
 * Writes through rt_torch_tensor_data() and through other libraries are not counted.
 *
 * @param tensor  tensor
 * @return 0 or more; -1 on failure
 * @source at::Tensor::_version
 */
RT_TORCH_API int64_t rt_torch_tensor_version(int64_t tensor);

/** The same memory without a history: operations on the result are not recorded.
 *
 * @param tensor  tensor
 * @return new tensor; 0 on failure
 * @source aten::detach
 */
RT_TORCH_API int64_t rt_torch_tensor_detach(int64_t tensor);

/** Gives a tensor other values: it takes the memory, shape and dtype of another tensor, and shares its memory from
 * then on. It keeps its handle, its gradient and whether it requires gradients, and what was recorded of it still
 * leads to it. The write is not counted and not recorded.
 *
 * No other thread may use the tensor meanwhile.
 *
 * @param tensor  tensor that is not a view
 * @param data    tensor of the same layout; floating point or complex if the first one requires gradients
 * @return 0; -1 on failure
 * @errors TYPE, INVALID_ARGUMENT (a view; another layout)
 * @source at::Tensor::set_data
 */
RT_TORCH_API int32_t rt_torch_tensor_set_data(int64_t tensor, int64_t data);

/** Whether a tensor has a gradient. Never warns.
 *
 * @param tensor  tensor
 * @return 1 or 0; -1 on failure
 * @source at::Tensor::grad
 */
RT_TORCH_API int32_t rt_torch_tensor_has_grad(int64_t tensor);

/** Whether a tensor has a gradient, and if not, whether rt_torch_backward() would leave one there. Never warns.
 *
 * @param tensor  tensor
 * @return 1 if it has a gradient; 0 for a leaf without one; 2 for the result of a recorded operation, which has none
 *         and gets none unless rt_torch_tensor_retain_grad() was called; -1 on failure
 * @source at::Tensor::grad
 */
RT_TORCH_API int32_t rt_torch_tensor_grad_state(int64_t tensor);

/** Whether a tensor is the gradient of another one: not an equal one, or one over the same memory. Never warns.
 *
 * @param tensor  tensor
 * @param grad    tensor
 * @return 1 or 0; -1 on failure
 * @source at::Tensor::grad, at::Tensor::is_same
 */
RT_TORCH_API int32_t rt_torch_tensor_is_grad(int64_t tensor, int64_t grad);

/** The gradient of a tensor.
 *
 * @param tensor  tensor
 * @return new handle of the gradient itself, which later calls of rt_torch_backward() may add to; 0 on failure
 * @errors INVALID_ARGUMENT (it has none)
 * @source at::Tensor::grad
 */
RT_TORCH_API int64_t rt_torch_tensor_grad(int64_t tensor);

/** Sets or removes the gradient of a tensor.
 *
 * @param tensor  tensor
 * @param grad    tensor of its shape and dtype, on its device; or 0 for none
 * @return 0; -1 on failure
 * @errors SHAPE, TYPE, INVALID_ARGUMENT (the tensor itself; another device)
 * @source at::Tensor::mutable_grad
 */
RT_TORCH_API int32_t rt_torch_tensor_set_grad(int64_t tensor, int64_t grad);

/** Keeps the gradient of a tensor that is not a leaf, too, in later calls of rt_torch_backward().
 *
 * @param tensor  tensor that requires gradients
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (it does not require gradients)
 * @source at::Tensor::retain_grad
 */
RT_TORCH_API int32_t rt_torch_tensor_retain_grad(int64_t tensor);

/** Whether this thread records operations. Each thread begins with 1. Never warns.
 *
 * @return 1 or 0; -1 on failure
 * @source c10::GradMode::is_enabled
 */
RT_TORCH_API int32_t rt_torch_grad_enabled(void);

/** Makes this thread record operations, or not. Never warns.
 *
 * @param enabled  1 or 0
 * @return what it was before: 1 or 0; -1 on failure
 * @errors INVALID_ARGUMENT
 * @source c10::GradMode::set_enabled
 */
RT_TORCH_API int32_t rt_torch_set_grad_enabled(int32_t enabled);

/** Computes gradients of tensors, and adds them up in the leaves that the tensors were computed from.
 *
 * @param tensors       tensors
 * @param gradients     for each of the tensors a tensor of its shape, the gradient to begin with; or 0, for 1,
 *                      if it has one element. NULL for all of them 0
 * @param count         number of tensors, 1 to RT_TORCH_MAX_TENSORS
 * @param inputs        the tensors in which gradients are added up; NULL for all leaves
 * @param inputs_count  number of inputs; 0 if inputs is NULL
 * @param retain_graph  1 to keep what was recorded, for another call; else 0
 * @param create_graph  1 to record this call itself, for second derivatives; else 0
 * @return 0; -1 on failure, and then some gradients may have been added up
 * @errors INVALID_ARGUMENT (NULL, counts, flags; a tensor that does not require gradients; a tensor of
 *         several elements without a gradient; what was recorded has been freed, or was written to; a hook
 *         failed), SHAPE (of a gradient)
 * @source torch::autograd::backward
 */
RT_TORCH_API int32_t rt_torch_backward(const int64_t *tensors, const int64_t *gradients, int64_t count,
                                       const int64_t *inputs, int64_t inputs_count, int32_t retain_graph,
                                       int32_t create_graph);

/** Computes gradients of tensors with respect to other tensors, and adds nothing up.
 *
 * @param outputs       tensors
 * @param gradients     as for rt_torch_backward()
 * @param count         number of outputs, 1 to RT_TORCH_MAX_TENSORS
 * @param inputs        tensors that require gradients
 * @param results       receives a new tensor for each input; 0 for one that the outputs do not depend on
 * @param inputs_count  number of inputs and of results, 1 to RT_TORCH_MAX_TENSORS
 * @param retain_graph  1 to keep what was recorded, for another call; else 0
 * @param create_graph  1 to record this call itself, for second derivatives; else 0
 * @param allow_unused  1 to admit inputs that the outputs do not depend on; else 0
 * @return 0; -1 on failure, and then results holds no tensor to free
 * @errors as rt_torch_backward()
 * @source torch::autograd::grad
 */
RT_TORCH_API int32_t rt_torch_grad(const int64_t *outputs, const int64_t *gradients, int64_t count,
                                   const int64_t *inputs, int64_t *results, int64_t inputs_count,
                                   int32_t retain_graph, int32_t create_graph, int32_t allow_unused);

/** Calls a function with the gradient of a tensor each time that one is computed.
 *
 * @param tensor   tensor that requires gradients
 * @param hook     called with context and a new handle of the gradient, which it frees or returns, on any
 *                 thread. It returns 0 to leave the gradient as it is, a handle of a tensor of the same shape
 *                 to replace it, which it thereby gives away, or -1 to make the computation fail
 * @param deleter  called exactly once, with context, when the hook is removed or what it belongs to is
 *                 destroyed, on any thread; or NULL
 * @param context  argument of both
 * @return number of the hook, for rt_torch_tensor_remove_hook(), 1 or more; 0 on failure, and then deleter is
 *         not called
 * @errors INVALID_ARGUMENT (hook is NULL; the tensor does not require gradients)
 * @source at::Tensor::register_hook
 */
RT_TORCH_API int64_t rt_torch_tensor_add_hook(int64_t tensor,
                                              int64_t (*hook)(void *context, int64_t gradient),
                                              void (*deleter)(void *context), void *context);

/** Removes a hook.
 *
 * @param tensor  tensor
 * @param number  number of the hook, from rt_torch_tensor_add_hook() for this tensor
 * @return 0, also if it has been removed already; -1 on failure
 * @errors INVALID_ARGUMENT (no such number)
 * @source at::Tensor::remove_hook
 */
RT_TORCH_API int32_t rt_torch_tensor_remove_hook(int64_t tensor, int64_t number);

/** Makes tensors the results of a function whose gradient the caller computes.
 *
 * @param inputs         the tensors that the function was computed from
 * @param inputs_count   number of inputs, 1 to RT_TORCH_MAX_TENSORS
 * @param values         what the function computed, without recording it
 * @param values_count   number of values and of results, 1 to RT_TORCH_MAX_TENSORS
 * @param saved          tensors that backward needs: inputs, results of an earlier call, others; or values, which
 *                       come back as the results. They are kept, and what is written to in between makes the
 *                       computation fail. NULL if there are none
 * @param saved_count    number of saved tensors, 0 to RT_TORCH_MAX_TENSORS
 * @param results        receives a new tensor for each value, over its memory. That of a value over the memory of an input
 *                       is a view of the input, to which LibTorch refuses to write
 * @param backward       called with context, a handle for the gradient of each result (0 for zeros), and one for each
 *                       saved tensor, on any thread; both stay its caller's. It writes a new tensor, or 0 for zeros,
 *                       for each input, which it thereby gives away, and returns 0; or -1 to make the
 *                       computation fail, and then gives nothing away
 * @param deleter        called exactly once, with context, when no gradient can be asked for any more, on any
 *                       thread; or NULL
 * @param context        argument of both
 * @return 1 if the results have a history; 0 if no input requires gradients or this thread does not record,
 *         and deleter has been called; -1 on failure, and then results holds no tensor to free and
 *         deleter is not called
 * @errors INVALID_ARGUMENT (NULL, counts)
 * @source torch::autograd::Node
 */
RT_TORCH_API int32_t rt_torch_function(
    const int64_t *inputs, int64_t inputs_count, const int64_t *values, int64_t values_count,
    const int64_t *saved, int64_t saved_count, int64_t *results,
    int32_t (*backward)(void *context, const int64_t *gradients, int64_t results_count, const int64_t *saved,
                        int64_t saved_count, int64_t *input_gradients, int64_t inputs_count),
    void (*deleter)(void *context), void *context);

/* ---- Any operator by name -------------------------------------------------------------------------- */

/** Tags: the type of a value and the union member that holds it. */
enum {
  RT_TORCH_NONE = 0,           /**< nothing: an absent optional, an undefined tensor */
  RT_TORCH_DEFAULT = 1,        /**< as an argument: the schema's default */
  RT_TORCH_TENSOR = 2,         /**< i: a handle */
  RT_TORCH_INT = 3,            /**< i */
  RT_TORCH_DOUBLE = 4,         /**< d */
  RT_TORCH_COMPLEX = 5,        /**< c: the real and the imaginary part */
  RT_TORCH_TRUTH = 6,          /**< i: 0 or 1 */
  RT_TORCH_STRING = 7,         /**< p: length bytes of UTF-8 */
  RT_TORCH_DTYPE = 8,          /**< i: a dtype; here any value of c10::ScalarType */
  RT_TORCH_DEVICE = 9,         /**< i: a device */
  RT_TORCH_LAYOUT = 10,        /**< i: a RT_TORCH_STRIDED, ... constant */
  RT_TORCH_MEMORY_FORMAT = 11, /**< i: a RT_TORCH_CONTIGUOUS, ... constant */
  RT_TORCH_GENERATOR = 12,     /**< i: a seed; the call uses a new CPU generator with this seed */
  RT_TORCH_TENSOR_LIST = 13,   /**< p: length int64_t, handles; 0 is None in a list of optionals */
  RT_TORCH_INT_LIST = 14,      /**< p: length int64_t */
  RT_TORCH_DOUBLE_LIST = 15,   /**< p: length double */
  RT_TORCH_TRUTH_LIST = 16,    /**< p: length uint8_t, each 0 or 1 */
  RT_TORCH_LIST = 17,          /**< p: length rt_torch_value, for all other lists */
  RT_TORCH_TUPLE = 18,         /**< p: length rt_torch_value; of modules only, as the next two */
  RT_TORCH_DICT = 19,          /**< p: 2 * length rt_torch_value, a key and its value in turn */
  RT_TORCH_NAMED_TUPLE = 20    /**< p: 2 * length rt_torch_value, a STRING and its value in turn; a result */
};

/** Layouts: the values of c10::Layout. */
enum {
  RT_TORCH_STRIDED = 0,
  RT_TORCH_SPARSE = 1,
  RT_TORCH_SPARSE_CSR = 2,
  RT_TORCH_MKLDNN = 3,
  RT_TORCH_SPARSE_CSC = 4,
  RT_TORCH_SPARSE_BSR = 5,
  RT_TORCH_SPARSE_BSC = 6,
  RT_TORCH_JAGGED = 7
};

/** Memory formats: the values of c10::MemoryFormat. */
enum {
  RT_TORCH_CONTIGUOUS = 0,
  RT_TORCH_PRESERVE = 1,
  RT_TORCH_CHANNELS_LAST = 2,
  RT_TORCH_CHANNELS_LAST_3D = 3
};

/** Largest length of a list or a string that is an argument. */
enum { RT_TORCH_MAX_LENGTH = 65536 };

/** An argument or a result of an operator or a method: a tagged union of 24 bytes. */
typedef struct rt_torch_value {
  int32_t tag;    /**< RT_TORCH_TENSOR, ... */
  int32_t length; /**< elements or bytes at p; of a TENSOR that is a result, its dtype; not read otherwise */
  union {
    int64_t i;
    double d;
    double c[2];
    const void *p;
  } data;
} rt_torch_value;

/** Looks up an operator, for rt_torch_call(). A repeated lookup returns the same number.
 *
 * @param name      name with namespace, such as "aten::add"
 * @param overload  overload name, such as "Tensor"; "" or NULL for the unnamed one
 * @return a positive number, valid for the life of the process; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, no such operator), NOT_IMPLEMENTED (an operator of TorchScript's
 *         interpreter, which the dispatcher does not have; a name without a schema)
 */
RT_TORCH_API int64_t rt_torch_operator_find(const char *name, const char *overload);

/** Copies out the schema of an operator, such as "aten::relu(Tensor self) -> Tensor".
 *
 * @param op        number of an operator
 * @param text      receives the text, NUL-terminated, truncated to fit; may be NULL if capacity is 0
 * @param capacity  bytes at text, 0 or more
 * @return bytes of the whole text without its NUL, even if capacity is smaller; -1 on failure
 * @errors INVALID_ARGUMENT (op, NULL, capacity)
 */
RT_TORCH_API int64_t rt_torch_operator_schema(int64_t op, char *text, int64_t capacity);

/** Copies out the names of all operators of the dispatcher, one per line.
 *
 * A line is "aten::add.Tensor", or "aten::relu" for an unnamed overload. The overloads of a name are
 * consecutive, in order of registration.
 *
 * @param text      receives the text, NUL-terminated, truncated to fit; may be NULL if capacity is 0
 * @param capacity  bytes at text, 0 or more
 * @return bytes of the whole text without its NUL, even if capacity is smaller; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, capacity)
 * @source c10::Dispatcher::getAllOpNames
 */
RT_TORCH_API int64_t rt_torch_operator_names(char *text, int64_t capacity);

/** Calls any operator.
 *
 * Arguments are in the order of the schema, keyword-only ones included. Trailing arguments that are left
 * out, and those with the tag RT_TORCH_DEFAULT, have the schema's default. The tag must match the schema's
 * type: INT also matches float, INT_LIST also float[], any number Scalar, INT SymInt, LIST any list, and
 * NONE any optional. A number in place of a tensor becomes a wrapped number: a 0-d tensor that does not take
 * part in type promotion, as Python scalars in PyTorch.
 *
 * All this is checked before LibTorch is called. Some of LibTorch's own kernels trust the values of well-typed
 * arguments. The shim checks those of div with a rounding mode, repeat_interleave, segment_reduce,
 * _reshape_alias, the backward functions of max pooling and _sobol_engine_*. Known ones that crash or read out
 * of bounds, and are not checked: ctc_loss, _convert_indices_from_coo_to_csr and its inverse,
 * _native_batch_norm_legit.no_stats and the other _batch_norm operators (with weights that are too short), and
 * to_dense of a sparse tensor with unchecked indices. MKL (fft) and oneDNN (gelu, convolutions) end the process
 * if they cannot allocate the plan of a computation, and FBGEMM (products of int64) if it cannot map its code.
 *
 * If an operator fails, a tensor that it writes keeps the shape and the memory that it had, if it was about to
 * grow: the elements may have changed.
 *
 * @param op         number of an operator
 * @param arguments  count values; may be NULL if count is 0
 * @param count      0 to the number of arguments of the schema
 * @param results    receives the results, in the order of the schema, to be freed with
 *                   rt_torch_values_free(), except for the tensors taken with rt_torch_value_take().
 *                   Each handle is a new tensor, even for a tensor that was written in place. The
 *                   memory of lists and strings belongs to the library
 * @param capacity   values at results, at least the number of results in the schema
 * @return number of results; -1 on failure, with nothing to free
 * @errors INVALID_ARGUMENT (op, count, capacity, NULL, an argument that does not match the schema: the
 *         message names it and quotes the schema), BAD_HANDLE, NOT_IMPLEMENTED (a type in the schema
 *         that rt_torch_value cannot hold, such as Storage or Stream; no kernel), and those of the operator
 * @source c10::Dispatcher::call, c10::Dispatcher::callBoxed
 */
RT_TORCH_API int64_t rt_torch_call(int64_t op, const rt_torch_value *arguments, int64_t count,
                                   rt_torch_value *results, int64_t capacity);

/** Calls any operator for one of its results, which is a tensor. The other results are freed.
 *
 * @param op         number of an operator
 * @param arguments  as for rt_torch_call()
 * @param count      as for rt_torch_call()
 * @param position   index of the result, whose type in the schema is Tensor; -1 for none, of an operator that is
 *                   called for what it writes
 * @return new tensor; -1 if that result is an undefined tensor, or position is -1; 0 on failure
 * @errors INVALID_ARGUMENT (position), and as for rt_torch_call()
 * @source c10::Dispatcher::call
 */
RT_TORCH_API int64_t rt_torch_call_one(int64_t op, const rt_torch_value *arguments, int64_t count,
                                       int64_t position);

/** Calls any operator whose results are tensors, or one list of tensors.
 *
 * @param op         number of an operator
 * @param arguments  as for rt_torch_call()
 * @param count      as for rt_torch_call()
 * @param results    receives a new tensor for each result or element, 0 for an undefined one
 * @param capacity   handles at results, at least the number of tensors: of a list it may be known only after the call
 * @return number of tensors; -1 on failure, with nothing to free
 * @errors INVALID_ARGUMENT (other results; results is NULL, or capacity too small), and as for rt_torch_call()
 * @source c10::Dispatcher::call
 */
RT_TORCH_API int64_t rt_torch_call_several(int64_t op, const rt_torch_value *arguments, int64_t count,
                                           int64_t *results, int64_t capacity);

/** Takes a tensor out of the results of rt_torch_call(), rt_torch_module_call() or rt_torch_package_call(); the
 * caller then owns it.
 *
 * @param values   the results, or the values inside a LIST, a TUPLE, a DICT or a NAMED_TUPLE
 * @param index    index of a TENSOR, which becomes NONE, or of a TENSOR_LIST
 * @param element  index in the list, where the handle is replaced by 0; 0 for a TENSOR
 * @return the tensor; 0 on failure
 * @errors INVALID_ARGUMENT (NULL, index, element; no tensor there, memory that this library did not allocate)
 */
RT_TORCH_API int64_t rt_torch_value_take(rt_torch_value *values, int64_t index, int64_t element);

/** Frees results: tensors that were not taken out, strings, lists and the like with all that they hold.
 *
 * The freed values become NONE, so freeing them again is not an error.
 *
 * @param values  results of rt_torch_call() and the like; may be NULL if count is 0
 * @param count   values at values, 0 to RT_TORCH_MAX_LENGTH
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, count, memory that this library did not allocate: the rest is freed)
 */
RT_TORCH_API int32_t rt_torch_values_free(rt_torch_value *values, int64_t count);

/** Opens a library that registers operators, with RTLD_GLOBAL.
 *
 * Its initializers run. It is never closed.
 *
 * @param path  a file name with a slash, or one that the dynamic linker finds
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (NULL or empty; cannot be opened, with the dynamic linker's message)
 */
RT_TORCH_API int32_t rt_torch_load_library(const char *path);

/* ---- TorchScript modules --------------------------------------------------------------------------- */

/** Which tensors of a module. */
enum {
  RT_TORCH_PARAMETERS = 0, /**< each once */
  RT_TORCH_BUFFERS = 1,    /**< each once */
  RT_TORCH_STATE = 2       /**< both, under every name, in the order of PyTorch's state_dict() */
};

/** What freezing does. */
enum {
  RT_TORCH_FREEZE = 0, /**< makes the attributes constants of the code */
  RT_TORCH_FREEZE_AND_OPTIMIZE =
      1, /**< and folds batch norm and the like into weights, which changes rounding */
  RT_TORCH_FREEZE_FOR_INFERENCE = 2 /**< and chooses layouts for this CPU; such a module cannot be saved */
};

/** Loads a TorchScript module, which torch.jit.save wrote.
 *
 * The file is a program: LibTorch runs its code, some of it while it loads. With trust 0 a file is refused
 * whose code names an operator that reads or writes files (aten::save, aten::from_file), opens connections
 * (rpc, collectives) or returns addresses. That is not a sandbox: code may loop for ever, use all memory, and
 * call operators with values that crash them (see rt_torch_call()), or those of libraries that were loaded with
 * rt_torch_load_library(). Load files of strangers in a process that may die.
 *
 * The zip archive is checked before LibTorch reads it: members inside the file, sizes, checksums of code and
 * structure. print() in the code of a module writes to stdout.
 *
 * @param path    a regular file
 * @param device  where its tensors go
 * @param trust   0; or 1 for a file that may do whatever this process may
 * @return new module, to be freed with rt_torch_module_free(); 0 on failure
 * @errors INVALID_ARGUMENT (NULL or empty path, trust; a file that cannot be read, is damaged, of another kind,
 *         or refused: the message begins with the path), UNAVAILABLE (no such device), OUT_OF_MEMORY
 * @source torch::jit::load
 */
RT_TORCH_API int64_t rt_torch_module_load(const char *path, int64_t device, int32_t trust);

/** Loads a TorchScript module from memory.
 *
 * @param data    the bytes of a file; not used after the call
 * @param nbytes  their number
 * @param device  where its tensors go
 * @param trust   as for rt_torch_module_load()
 * @return new module; 0 on failure
 * @errors as for rt_torch_module_load()
 * @source torch::jit::load
 */
RT_TORCH_API int64_t rt_torch_module_load_data(const void *data, int64_t nbytes, int64_t device,
                                               int32_t trust);

/** Frees a module. Calls of it that are under way end undisturbed.
 *
 * Works in a forked child. Does not write the error record.
 *
 * @param module  module, or 0
 * @return 0, also for 0; -1 on failure
 * @errors BAD_HANDLE
 */
RT_TORCH_API int32_t rt_torch_module_free(int64_t module);

/** Copies out the schemas of a module's methods, such as "forward(Tensor x, int k=2) -> Tensor", one per line.
 *
 * @param module    module
 * @param text      receives the text, NUL-terminated, truncated to fit; may be NULL if capacity is 0
 * @param capacity  bytes at text, 0 or more
 * @return bytes of the whole text without its NUL, even if capacity is smaller; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, capacity)
 */
RT_TORCH_API int64_t rt_torch_module_methods(int64_t module, char *text, int64_t capacity);

/** Calls a method. The call is recorded for gradients if an argument or a parameter requires them; the parameters of a
 * file do not until rt_torch_tensor_set_requires_grad() is called.
 *
 * Arguments are in the order of the schema. Trailing arguments that are left out, and those with the tag
 * RT_TORCH_DEFAULT, have the schema's default. The tag must match the schema's type as for rt_torch_call(); a
 * TUPLE or a LIST matches tuples and lists, a DICT matches dicts. For Any and unions the tag decides.
 *
 * Threads may call one module at the same time. If its code may replace an attribute, change a list or a dict, or
 * resize a tensor, the calls follow one another; else they overlap, and in-place operators on buffers may mix.
 *
 * @param module     module
 * @param method     name, such as "forward"
 * @param arguments  count values; may be NULL if count is 0
 * @param count      0 to the number of arguments of the schema
 * @param result     receives the result, to be freed with rt_torch_values_free(result, 1), except for the tensors
 *                   taken with rt_torch_value_take(). A tensor is a new handle, which may share the memory of an
 *                   argument or a buffer
 * @return 0; -1 on failure, with nothing to free
 * @errors INVALID_ARGUMENT (NULL, no such method, count, an argument that does not match the schema: the message
 *         names it; an exception that the code raised), INDEX, TYPE, NOT_IMPLEMENTED (raised as IndexError or
 *         KeyError, TypeError, NotImplementedError; a result that rt_torch_value cannot hold), BAD_HANDLE. The
 *         message is the reason and TorchScript's traceback
 * @source torch::jit::Method::run
 */
RT_TORCH_API int32_t rt_torch_module_call(int64_t module, const char *method, const rt_torch_value *arguments,
                                          int64_t count, rt_torch_value *result);

/** Copies out the names of a module's tensors, such as "layers.0.weight", one per line.
 *
 * @param module    module
 * @param which     RT_TORCH_PARAMETERS, RT_TORCH_BUFFERS or RT_TORCH_STATE
 * @param text      receives the text, NUL-terminated, truncated to fit; may be NULL if capacity is 0
 * @param capacity  bytes at text, 0 or more
 * @return bytes of the whole text without its NUL, even if capacity is smaller; -1 on failure
 * @errors INVALID_ARGUMENT (which, NULL, capacity)
 */
RT_TORCH_API int64_t rt_torch_module_names(int64_t module, int32_t which, char *text, int64_t capacity);

/** The tensors of a module, in the order of rt_torch_module_names().
 *
 * They share the module's memory: what is written to them, the module reads.
 *
 * @param module  module
 * @param which   RT_TORCH_PARAMETERS, RT_TORCH_BUFFERS or RT_TORCH_STATE
 * @param result  receives a TENSOR_LIST of new tensors, to be freed with rt_torch_values_free(result, 1), except for
 *                those taken with rt_torch_value_take()
 * @return number of the tensors; -1 on failure, with nothing to free
 * @errors INVALID_ARGUMENT (which, NULL)
 */
RT_TORCH_API int64_t rt_torch_module_tensors(int64_t module, int32_t which, rt_torch_value *result);

/** Chooses how layers such as dropout and batch norm compute.
 *
 * @param module  module
 * @param on      1 as for training, 0 as for inference
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (on)
 * @source torch::jit::Module::train
 */
RT_TORCH_API int32_t rt_torch_module_train(int64_t module, int32_t on);

/** Whether a module computes as for training.
 *
 * @param module  module
 * @return 1, 0; -1 on failure
 * @source torch::jit::Module::is_training
 */
RT_TORCH_API int32_t rt_torch_module_training(int64_t module);

/** Moves the tensors of a module to a device. Tensors that were taken out before stay where they are.
 *
 * @param module  module
 * @param device  device
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT, UNAVAILABLE (no such device)
 * @source torch::jit::Module::to
 */
RT_TORCH_API int32_t rt_torch_module_to(int64_t module, int64_t device);

/** A copy of a module with its attributes as constants, which LibTorch optimizes further.
 *
 * @param module     module with a method forward, not in training mode
 * @param preserved  names of other methods and attributes to keep, one per line; NULL for none
 * @param mode       RT_TORCH_FREEZE, RT_TORCH_FREEZE_AND_OPTIMIZE or RT_TORCH_FREEZE_FOR_INFERENCE
 * @return new module; 0 on failure
 * @errors INVALID_ARGUMENT (mode, training mode, no forward, no such name)
 * @source torch::jit::freeze, torch::jit::optimize_for_inference
 */
RT_TORCH_API int64_t rt_torch_module_freeze(int64_t module, const char *preserved, int32_t mode);

/** Saves a module, for rt_torch_module_load() and torch.jit.load.
 *
 * A file that exists is replaced when all is written; on failure it stays as it was.
 *
 * @param module  module
 * @param path    the file
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (NULL or empty; cannot be written), NOT_IMPLEMENTED
 * @source torch::jit::ExportModule
 */
RT_TORCH_API int32_t rt_torch_module_save(int64_t module, const char *path);

/* ---- AOTInductor packages --------------------------------------------------------------------------- */

/** Loads a model that torch._inductor.aoti_compile_and_package compiled, for the CPU.
 *
 * A package is native code in a shared library, which runs from the moment it is loaded, in this process: trust
 * must be 1. The code does not check its inputs: one of another shape makes it read beyond the tensor. This
 * library checks them at each call, against what the compiler left in the package's C++ source: dtypes, numbers of
 * axes, lengths that are fixed, lengths that must be equal or are computed from others, and strides.
 *
 * What cannot be checked is refused, unless unchecked is 1:
 * - a length above the largest, or below a smallest of more than 2, that the compiler assumed. It records no
 *   more than its assumptions, which may be narrower than what the model was exported for: a convolution
 *   compiled for batches of 2 to 64 may have 15 as its largest batch. Beyond them the code may be right, or read
 *   beyond a table;
 * - an input with a length that the source does not relate to the others, and a package without source;
 * - a package for instruction sets that this library does not know.
 *
 * Before anything is run, the file is checked: the zip archive, the checksums of all that is used, that the
 * library is a whole ELF file for this machine, and the platform and instruction sets of the metadata. The
 * library is unpacked to a new folder in TMPDIR, or /tmp, which is removed before this function returns; it stays
 * mapped to the end of the process. Code is never compiled. Nothing is written to stderr, also not by the C++
 * streams of the package.
 *
 * @param path       a regular file
 * @param model      name of the model in the package, usually "model"
 * @param runners    calls that may compute at the same time, 1 to RT_TORCH_MAX_THREADS; further calls wait
 * @param trust      1 to run the code of the file
 * @param unchecked  1 to accept what cannot be checked, else 0
 * @return new package, to be freed with rt_torch_package_free(); 0 on failure
 * @errors INVALID_ARGUMENT (NULL or empty, runners, trust, unchecked; a file that cannot be read, is damaged or of
 *         another kind; no such model; trust is 0), UNAVAILABLE (for another device, platform, machine or
 *         instruction set), NOT_IMPLEMENTED (several libraries, something that cannot be checked),
 *         OUT_OF_MEMORY. The message begins with the path
 * @source torch::inductor::AOTIModelContainerRunnerCpu
 */
RT_TORCH_API int64_t rt_torch_package_load(const char *path, const char *model, int64_t runners,
                                           int32_t trust, int32_t unchecked);

/** Frees a package. Calls of it that are under way end undisturbed; results stay valid.
 *
 * Works in a forked child. Does not write the error record.
 *
 * @param package  package, or 0
 * @return 0, also for 0; -1 on failure
 * @errors BAD_HANDLE
 */
RT_TORCH_API int32_t rt_torch_package_free(int64_t package);

/** Copies out the description of a package, a JSON object with these members:
 *
 * - "inputs": for each, "dtype", "shape" (numbers, and strings for lengths that are not fixed, such as "s0" or
 *   "2*s0") and "ranges" (null, or the least and the greatest length, where null is no limit); null if the
 *   package has no source;
 * - "outputs": their number;
 * - "in_spec", "out_spec": how PyTorch's Python API nests inputs and outputs, as the JSON of its pytrees;
 * - "metadata": strings by name, such as "AOTI_CPU_ISA";
 * - "constants": for each, "name", "dtype" and "shape"; weights, buffers and the like.
 *
 * @param package   package
 * @param text      receives the text, NUL-terminated, truncated to fit; may be NULL if capacity is 0
 * @param capacity  bytes at text, 0 or more
 * @return bytes of the whole text without its NUL, even if capacity is smaller; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, capacity)
 */
RT_TORCH_API int64_t rt_torch_package_spec(int64_t package, char *text, int64_t capacity);

/** Computes, without recording gradients.
 *
 * Inputs are checked as rt_torch_package_load() says. One with other strides than those that the model was compiled
 * for is copied, or refused if the model may write to it. Buffers that the model changes are shared by all
 * runners.
 *
 * @param package  package
 * @param inputs   count tensors on the CPU, in the order of the model's inputs; may be NULL if count is 0
 * @param count    number of inputs
 * @param result   receives a TENSOR_LIST of the outputs, in which None is 0, to be freed with
 *                 rt_torch_values_free(result, 1), except for the tensors taken with rt_torch_value_take(). An
 *                 output may share the memory of an input, never that of the package
 * @return number of outputs; -1 on failure, with nothing to free
 * @errors INVALID_ARGUMENT (NULL, count, device, strides; a check of the code failed), TYPE (a dtype), SHAPE,
 *         NOT_IMPLEMENTED (an input that cannot be checked; constants that were not loaded). The message
 *         names the input by its number
 * @source torch::inductor::AOTIModelContainerRunner::run
 */
RT_TORCH_API int64_t rt_torch_package_call(int64_t package, const int64_t *inputs, int64_t count,
                                           rt_torch_value *result);

/** Replaces constants of a package by copies of tensors. Waits for calls that are under way.
 *
 * @param package  package
 * @param names    count names, one per line
 * @param tensors  for each name, a tensor of its dtype and shape, on the CPU
 * @param count    0 to RT_TORCH_MAX_TENSORS
 * @param full     1 to fail, without a change, unless every constant is given; else 0
 * @return 0; -1 on failure
 * @errors INVALID_ARGUMENT (NULL, count, a name that is unknown or given twice, device), TYPE, SHAPE
 * @source torch::inductor::AOTIModelContainerRunner::update_constant_buffer
 */
RT_TORCH_API int32_t rt_torch_package_load_constants(int64_t package, const char *names,
                                                     const int64_t *tensors, int64_t count, int32_t full);

/* ---- safetensors files ------------------------------------------------------------------------------ */

/** Opens a safetensors file.
 *
 * The header is checked as a whole: the bytes of every tensor lie in the file, without gaps and overlaps, and
 * fit its shape and dtype. The rest is mapped, and its pages are read when they are used. A file that becomes
 * shorter while tensors over it are in use ends the process (SIGBUS).
 *
 * @param path  a regular file
 * @return new file, to be freed with rt_torch_safetensors_free(); 0 on failure
 * @errors INVALID_ARGUMENT (NULL or empty path; a file that cannot be read, is damaged or of another kind: the
 *         message begins with the path), OUT_OF_MEMORY
 * @source safetensors format, version 0.4 and later
 */
RT_TORCH_API int64_t rt_torch_safetensors_open(const char *path);

/** Closes a safetensors file. Tensors over it stay valid.
 *
 * Works in a forked child. Does not write the error record.
 *
 * @param file  file, or 0
 * @return 0, also for 0; -1 on failure
 * @errors BAD_HANDLE
 */
RT_TORCH_API int32_t rt_torch_safetensors_free(int64_t file);

/** Number of tensors in a safetensors file.
 *
 * @param file  file
 * @return number of tensors; -1 on failure
 */
RT_TORCH_API int64_t rt_torch_safetensors_count(int64_t file);

/** Copies out the name of a tensor in a safetensors file.
 *
 * @param file      file
 * @param index     0 to count - 1, in the order of the bytes in the file
 * @param text      receives the name in UTF-8, NUL-terminated, truncated to fit; may be NULL if capacity is 0
 * @param capacity  bytes at text, 0 or more
 * @return bytes of the whole name without its NUL, even if capacity is smaller; -1 on failure
 * @errors INDEX, INVALID_ARGUMENT (NULL, capacity)
 */
RT_TORCH_API int64_t rt_torch_safetensors_name(int64_t file, int64_t index, char *text, int64_t capacity);

/** A tensor of a safetensors file.
 *
 * It is over the mapped pages, without a copy unless they are unaligned for its dtype, and keeps them mapped.
 * Tensors of one file share its pages. Writing to one changes memory, not the file.
 *
 * @param file  file
 * @param name  its name, UTF-8
 * @return new tensor on the CPU; 0 on failure
 * @errors INVALID_ARGUMENT (NULL; no such name), TYPE (a float8 or smaller), OUT_OF_MEMORY
 * @source at::from_blob
 */
RT_TORCH_API int64_t rt_torch_safetensors_tensor(int64_t file, const char *name);

/* ---- DLPack: memory shared with other libraries ---------------------------------------------------- */

/** Exports a tensor's memory to another library, without a copy.
 *
 * The structure keeps the memory alive until its deleter is called, even if the handle is freed. On CUDA the
 * device may still be computing: see rt_torch_synchronize().
 *
 * @param tensor     tensor on the CPU or on CUDA, strided
 * @param versioned  1 for a DLManagedTensorVersioned of DLPack 1.x, 0 for the DLManagedTensor before it
 * @param copied     1 to set the flag IS_COPIED of a versioned structure: the consumer is the only user
 *                   of the memory; else 0
 * @return the structure, owned by the caller, who passes it on or frees it with rt_torch_dlpack_free(), once;
 *         NULL on failure
 * @errors INVALID_ARGUMENT (versioned, copied; not strided, a dtype that DLPack does not have, or a tensor that
 *         requires gradients: see rt_torch_tensor_detach()),
 *         UNAVAILABLE (another device)
 * @source at::toDLPackVersioned, at::toDLPack
 */
RT_TORCH_API void *rt_torch_tensor_to_dlpack(int64_t tensor, int32_t versioned, int32_t copied);

/** A tensor over another library's memory, without a copy.
 *
 * Every field of the structure is checked, but not that the memory exists. LibTorch's tensors are writable
 * and have no negative strides: if the structure has the flag READ_ONLY, or a negative stride along an axis
 * of 2 elements or more, the tensor is a copy, or the call fails.
 *
 * @param managed    a DLManagedTensorVersioned of DLPack 1.x, or a DLManagedTensor. Its device is the CPU,
 *                   CUDA, or pinned CUDA memory, which counts as CPU memory. strides may be NULL, for C
 *                   order; data + byte_offset must be aligned for the dtype
 * @param versioned  1 for the former, 0 for the latter
 * @param copy       1 to copy if necessary, 0 to fail
 * @return new tensor, which owns the structure: its deleter is called exactly once, when the last tensor over
 *         the memory is destroyed, on any thread, or right after a copy; 0 on failure, and the caller keeps
 *         the structure
 * @errors INVALID_ARGUMENT (NULL, versioned, copy, the major version, ndim, a negative or too large
 *         dimension, strides or byte_offset out of range, data that is NULL or not aligned; a copy is
 *         needed), TYPE (a dtype without a constant here, lanes), UNAVAILABLE (another or no such device)
 * @source at::fromDLPack
 */
RT_TORCH_API int64_t rt_torch_tensor_from_dlpack(void *managed, int32_t versioned, int32_t copy);

/** Calls the deleter of a DLPack structure of any library. Works in a forked child as well.
 *
 * @param managed    a structure that no consumer has taken over, or NULL
 * @param versioned  1 for a DLManagedTensorVersioned, of any version; 0 for a DLManagedTensor
 * @return 0; -1 on failure, which leaves the error record as it is
 */
RT_TORCH_API int32_t rt_torch_dlpack_free(void *managed, int32_t versioned);

/** Waits until a device has finished all work, so that other libraries can use its memory.
 *
 * @param device  device; the CPU needs no waiting
 * @return 0; -1 on failure
 * @errors UNAVAILABLE (no CUDA), INVALID_ARGUMENT (no such device)
 * @source c10::impl::DeviceGuardImplInterface::synchronizeDevice
 */
RT_TORCH_API int32_t rt_torch_synchronize(int64_t device);

#ifdef __cplusplus
}
#endif

#endif /* RT_TORCH_H */
