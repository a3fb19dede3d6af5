// Arguments: parsing the types of a schema, checking and converting each value.
#include "runtime/values.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ScalarOps.h>
#include <c10/core/Layout.h>
#include <c10/core/MemoryFormat.h>

#include "runtime/checks.h"
#include "runtime/tensors.h"

namespace rt {
namespace {

using Kind = Type::Kind;

constexpr const char *kTags[] = {
    "NONE",     "DEFAULT",     "TENSOR",     "INT",    "DOUBLE",        "COMPLEX",   "TRUTH",
    "STRING",   "DTYPE",       "DEVICE",     "LAYOUT", "MEMORY_FORMAT", "GENERATOR", "TENSOR_LIST",
    "INT_LIST", "DOUBLE_LIST", "TRUTH_LIST", "LIST",   "TUPLE",         "DICT",      "NAMED_TUPLE"};
static_assert(std::size(kTags) == RT_TORCH_NAMED_TUPLE + 1);

static_assert(RT_TORCH_STRIDED == static_cast<int>(at::Layout::Strided));
static_assert(RT_TORCH_JAGGED == static_cast<int>(at::Layout::Jagged));
static_assert(RT_TORCH_JAGGED + 1 == static_cast<int>(at::Layout::NumOptions));
static_assert(RT_TORCH_CHANNELS_LAST_3D == static_cast<int>(at::MemoryFormat::ChannelsLast3d));
static_assert(RT_TORCH_CHANNELS_LAST_3D + 1 == static_cast<int>(at::MemoryFormat::NumOptions));

Kind kind_of(const c10::Type &type) {
  switch (type.kind()) {
    case c10::TypeKind::TensorType:
      return Kind::kTensor;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
    case c10::TypeKind::QSchemeType:
      return Kind::kInt;
    case c10::TypeKind::FloatType:
    case c10::TypeKind::SymFloatType:
      return Kind::kDouble;
    case c10::TypeKind::BoolType:
    case c10::TypeKind::SymBoolType:
      return Kind::kTruth;
    case c10::TypeKind::NumberType:
    case c10::TypeKind::ComplexType:
      return Kind::kNumber;
    case c10::TypeKind::StringType:
      return Kind::kString;
    case c10::TypeKind::ScalarTypeType:
      return Kind::kDType;
    case c10::TypeKind::DeviceObjType:
      return Kind::kDevice;
    case c10::TypeKind::LayoutType:
      return Kind::kLayout;
    case c10::TypeKind::MemoryFormatType:
      return Kind::kMemoryFormat;
    case c10::TypeKind::GeneratorType:
      return Kind::kGenerator;
    case c10::TypeKind::ListType:
      return Kind::kList;
    case c10::TypeKind::TupleType:
      return Kind::kTuple;
    case c10::TypeKind::DictType:
      return Kind::kDict;
    case c10::TypeKind::NoneType:
      return Kind::kNone;
    case c10::TypeKind::AnyType:
    case c10::TypeKind::UnionType:
      return Kind::kAny;
    default:
      return Kind::kOther;
  }
}

}  // namespace

void invalid(const std::string &message) {
  fail(RT_TORCH_INVALID_ARGUMENT, message);
}

void wrong_tag(const rt_torch_value &value, const Type &type) {
  const bool known = value.tag >= 0 && static_cast<size_t>(value.tag) < std::size(kTags);
  invalid((known ? std::string("is ") + kTags[value.tag] : "has unknown tag " + std::to_string(value.tag)) +
          ", expected " + type.name);
}

void check_elements(const rt_torch_value &value, size_t alignment) {
  if (value.length < 0 || value.length > RT_TORCH_MAX_LENGTH) {
    invalid("has length " + std::to_string(value.length) + ", expected 0 to " +
            std::to_string(RT_TORCH_MAX_LENGTH));
  }
  if (value.data.p == nullptr && value.length > 0) {
    invalid("is NULL with length " + std::to_string(value.length));
  }
  if (reinterpret_cast<uintptr_t>(value.data.p) % alignment != 0) invalid("is not aligned");
}

namespace {

int64_t bounded(int64_t value, int64_t end, const char *what) {
  if (value < 0 || value >= end) {
    invalid("is " + std::to_string(value) + ", expected a " + what + " constant of rt_torch.h");
  }
  return value;
}

bool truth(int64_t value) {
  if (value != 0 && value != 1) invalid("is " + std::to_string(value) + ", expected 0 or 1");
  return value == 1;
}

c10::IValue number(const rt_torch_value &value, const Type &type) {
  switch (value.tag) {
    case RT_TORCH_INT:
      return value.data.i;
    case RT_TORCH_DOUBLE:
      return value.data.d;
    case RT_TORCH_COMPLEX:
      return c10::complex<double>(value.data.c[0], value.data.c[1]);
    case RT_TORCH_TRUTH:
      return truth(value.data.i);
    default:
      wrong_tag(value, type);
  }
}

// A wrapped number: it does not take part in type promotion, as Python scalars in PyTorch.
at::Tensor wrapped(const at::Scalar &number) {
  at::Tensor tensor = c10::scalar_to_tensor(number);
  tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
  return tensor;
}

template <class Element, class Given, class Convert>
c10::IValue list(const rt_torch_value &value, Convert &&convert) {
  c10::List<Element> result;
  const at::ArrayRef<Given> given = elements<Given>(value);
  result.reserve(given.size());
  for (const Given &one : given) result.push_back(convert(one));
  return result;
}

template <class Given, class Convert>
c10::IValue generic_list(const rt_torch_value &value, const Type &type, Convert &&convert) {
  c10::impl::GenericList result(type.native->expectRef<c10::ListType>().getElementType());
  const at::ArrayRef<Given> given = elements<Given>(value);
  result.reserve(given.size());
  for (const Given &one : given) result.emplace_back(convert(one));
  return c10::IValue(result);
}

c10::IValue list_of_values(const rt_torch_value &value, const Type &type) {
  const Type &element = *type.element;
  const auto one = [&element](const rt_torch_value &given) { return rt::read(given, element); };
  if (!element.optional) {
    switch (element.kind) {
      case Kind::kTensor:
        return list<at::Tensor, rt_torch_value>(value, [&](auto &given) { return one(given).toTensor(); });
      case Kind::kInt:
        return list<int64_t, rt_torch_value>(value, [&](auto &given) { return one(given).toInt(); });
      case Kind::kDouble:
        return list<double, rt_torch_value>(value, [&](auto &given) { return one(given).toDouble(); });
      case Kind::kTruth:
        return list<bool, rt_torch_value>(value, [&](auto &given) { return one(given).toBool(); });
      case Kind::kString:
        return list<std::string, rt_torch_value>(value,
                                                 [&](auto &given) { return one(given).toStringRef(); });
      default:
        break;
    }
  }
  return generic_list<rt_torch_value>(value, type, one);
}

c10::IValue read_list(const rt_torch_value &value, const Type &type) {
  const Type &element = *type.element;
  const bool numbers = element.kind == Kind::kNumber;
  const auto whole = [](int64_t given) { return given; };
  switch (value.tag) {
    case RT_TORCH_LIST:
    case RT_TORCH_TUPLE:
      return list_of_values(value, type);
    case RT_TORCH_TENSOR_LIST:
      if (element.kind != Kind::kTensor) break;
      if (!element.optional) {
        return list<at::Tensor, int64_t>(value, [](int64_t handle) { return strided(get_entered(handle)); });
      }
      return list<std::optional<at::Tensor>, int64_t>(value, [](int64_t handle) {
        return handle == 0 ? std::nullopt : std::optional(strided(get_entered(handle)));
      });
    case RT_TORCH_INT_LIST:
      if (numbers) return generic_list<int64_t>(value, type, whole);
      if (element.optional) break;
      if (element.kind == Kind::kInt) return list<int64_t, int64_t>(value, whole);
      if (element.kind == Kind::kDouble) {
        return list<double, int64_t>(value, [](int64_t given) { return static_cast<double>(given); });
      }
      break;
    case RT_TORCH_DOUBLE_LIST:
      if (numbers) return generic_list<double>(value, type, [](double given) { return given; });
      if (element.kind != Kind::kDouble || element.optional) break;
      return list<double, double>(value, [](double given) { return given; });
    case RT_TORCH_TRUTH_LIST:
      if (numbers) return generic_list<uint8_t>(value, type, truth);
      if (element.kind != Kind::kTruth || element.optional) break;
      return list<bool, uint8_t>(value, truth);
    default:
      break;
  }
  wrong_tag(value, type);
}

}  // namespace

Type::Type(const c10::TypePtr &type) : kind(kind_of(*type)), native(type), name(type->str()) {
  if (const auto maybe = type->cast<c10::OptionalType>()) {
    native = maybe->getElementType();
    kind = kind_of(*native);
    optional = true;
  }
  if (kind == Kind::kList)
    element = std::make_unique<Type>(native->expectRef<c10::ListType>().getElementType());
  if (kind == Kind::kTuple || kind == Kind::kDict) {
    for (const c10::TypePtr &part : native->containedTypes()) parts.emplace_back(part);
  }
}

bool Type::can_be_argument() const {
  return element != nullptr ? element->can_be_argument() : kind < Kind::kTuple;
}

bool Type::can_be_result() const {
  switch (kind) {
    case Kind::kGenerator:
      return false;
    case Kind::kList:
      return !element->optional && (element->kind == Kind::kTensor || element->kind == Kind::kInt ||
                                    element->kind == Kind::kDouble || element->kind == Kind::kTruth);
    default:
      return kind < Kind::kTuple;
  }
}

c10::IValue read(const rt_torch_value &value, const Type &type) {
  if (type.optional && value.tag == RT_TORCH_NONE) return {};
  switch (type.kind) {
    case Kind::kTensor:
      if (value.tag == RT_TORCH_TENSOR) return get_entered(value.data.i);
      return wrapped(number(value, type).toScalar());
    case Kind::kInt:
      if (value.tag != RT_TORCH_INT) break;
      return value.data.i;
    case Kind::kDouble:
      if (value.tag == RT_TORCH_INT) return static_cast<double>(value.data.i);
      if (value.tag != RT_TORCH_DOUBLE) break;
      return value.data.d;
    case Kind::kTruth:
      if (value.tag != RT_TORCH_TRUTH) break;
      return truth(value.data.i);
    case Kind::kNumber:
      return number(value, type);
    case Kind::kString: {
      if (value.tag != RT_TORCH_STRING) break;
      const at::ArrayRef<char> text = elements<char>(value);
      return std::string(text.begin(), text.end());
    }
    case Kind::kDType:
      if (value.tag != RT_TORCH_DTYPE) break;
      if (value.data.i == static_cast<int64_t>(at::ScalarType::Undefined)) invalid("is not a dtype");
      return bounded(value.data.i, static_cast<int64_t>(at::ScalarType::NumOptions), "dtype");
    case Kind::kDevice:
      if (value.tag != RT_TORCH_DEVICE) break;
      return device_of(value.data.i);
    case Kind::kLayout:
      if (value.tag != RT_TORCH_LAYOUT) break;
      return bounded(value.data.i, static_cast<int64_t>(at::Layout::NumOptions), "layout");
    case Kind::kMemoryFormat:
      if (value.tag != RT_TORCH_MEMORY_FORMAT) break;
      return bounded(value.data.i, static_cast<int64_t>(at::MemoryFormat::NumOptions), "memory format");
    case Kind::kGenerator:
      if (value.tag != RT_TORCH_GENERATOR) break;
      return at::make_generator<at::CPUGeneratorImpl>(static_cast<uint64_t>(value.data.i));
    case Kind::kList:
      return read_list(value, type);
    case Kind::kTuple:
      return read_tuple(value, type);
    case Kind::kDict:
      return read_dict(value, type);
    case Kind::kAny:
      return read_any(value, type);
    case Kind::kNone:
      if (value.tag == RT_TORCH_NONE) return {};
      break;
    case Kind::kOther:
      break;
  }
  wrong_tag(value, type);
}

}  // namespace rt
