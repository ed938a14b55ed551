// Reads TNEF: a signature, then attributes, each of a message or of the file announced last:
//
//   attribute = level:u8 id:u16 type:u16 length:u32 data checksum:u16        MS-OXTNEF section 2.1.3
//
// Two of them hold lists of MAPI properties, which have the better names and texts:
//
//   property  = type:u16 id:u16 [guid kind name] [count:u32] values          MS-OXTNEF section 2.1.3.5
#include "posthouse/mime/formats/tnef.h"

#include <numeric>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/charset_guess.h"
#include "posthouse/mime/formats/compressed_rtf.h"
#include "posthouse/mime/formats/octet_reader.h"

namespace posthouse::mime {
namespace {

constexpr std::uint32_t signature = 0x223E9F78;

enum Attribute : std::uint16_t {
  subject = 0x8004,
  body = 0x800C,
  attach_data = 0x800F,
  attach_title = 0x8010,
  attach_rendering = 0x9002,  // the first attribute of each file
  message_properties = 0x9003,
  attach_properties = 0x9005,
  code_page = 0x9007,
};

enum Property : std::uint16_t {
  property_subject = 0x0037,
  property_body = 0x1000,
  property_rtf = 0x1009,
  property_html = 0x1013,
  property_attach_object = 0x3701,
  property_attach_name = 0x3704,
  property_attach_long_name = 0x3707,
  property_attach_type = 0x370E,
  property_attach_id = 0x3712,
  property_internet_code_page = 0x3FDE,
};

enum Type : std::uint16_t {
  type_object = 0x000D,
  type_string8 = 0x001E,
  type_unicode = 0x001F,
  type_binary = 0x0102,
  type_multiple = 0x1000,
};

bool is_variable(std::uint16_t type) {
  return type == type_object || type == type_string8 || type == type_unicode || type == type_binary;
}

// Octets of a value of fixed size, as they are stored; 0 for a type nobody knows.
std::size_t fixed_size(std::uint16_t type) {
  switch (type) {
    case 0x0002:  // a short, a long, a float, an error, a boolean
    case 0x0003:
    case 0x0004:
    case 0x000A:
    case 0x000B:
      return 4;
    case 0x0005:  // a double, a currency, two kinds of time, a long long
    case 0x0006:
    case 0x0007:
    case 0x0014:
    case 0x0040:
      return 8;
    case 0x0048:  // a GUID
      return 16;
    default:
      return 0;
  }
}

std::string_view up_to_zero(std::string_view octets) {
  return octets.substr(0, octets.find('\0'));
}

class TnefReader {
 public:
  TnefReader(std::string_view octets, const TnefLimits& limits) : in_(octets), limits_(limits) {}

  Tnef run() {
    if (in_.u32() != signature) {
      out_.valid = false;
      return std::move(out_);
    }
    in_.u16();  // a key nobody needs
    while (!in_.done() && in_.ok()) {
      read_attribute();
    }
    if (!in_.ok()) {
      out_.valid = false;
    }
    return std::move(out_);
  }

 private:
  void read_attribute() {
    in_.u8();  // the level: the id says it too
    const std::uint16_t id = in_.u16();
    in_.u16();  // the type: likewise
    const std::size_t length = in_.u32();
    const bool cut = length > in_.left();
    const std::string_view data = in_.take(cut ? in_.left() : length);  // of a file cut short, what is there
    const std::uint16_t checksum = cut ? 0 : in_.u16();
    const auto sum = std::accumulate(data.begin(), data.end(), 0U,
                                     [](unsigned all, char c) { return all + static_cast<unsigned char>(c); });
    if (cut || checksum != (sum & 0xFFFFU)) {
      out_.valid = false;
    }
    take(id, data);
  }

  void take(std::uint16_t id, std::string_view data) {
    switch (id) {
      case code_page:
        code_page_ = "cp" + std::to_string(OctetReader(data).u32());
        break;
      case subject:
        if (out_.subject.empty()) {
          out_.subject = text(type_string8, data);
        }
        break;
      case body:
        if (out_.text.empty()) {
          out_.text = text(type_string8, data);
        }
        break;
      case attach_rendering:
        begin_file();
        break;
      case attach_data:
        if (file_ != nullptr) {
          file_->content.assign(data);
        }
        break;
      case attach_title:
        if (file_ != nullptr && file_->name.empty()) {
          file_->name = text(type_string8, data);
        }
        break;
      case message_properties:
      case attach_properties:
        read_properties(data, id == attach_properties);
        break;
      default:
        break;
    }
  }

  void begin_file() {
    file_ = nullptr;
    long_name_ = false;
    if (out_.files.size() == limits_.files) {
      out_.valid = false;
      return;
    }
    file_ = &out_.files.emplace_back();
  }

  std::string text(std::uint16_t type, std::string_view data) const {
    if (type != type_unicode) {
      return decode_text(up_to_zero(data), code_page_).utf8;
    }
    std::string utf8 = to_utf8(data, "utf-16le").utf8;
    utf8.resize(up_to_zero(utf8).size());
    return utf8;
  }

  void read_properties(std::string_view data, bool of_file) {
    OctetReader in(data);
    for (std::uint32_t left = in.u32(); left > 0 && in.ok() && !in.done(); --left) {
      const std::uint16_t type = in.u16();
      const std::uint16_t id = in.u16();
      if (id >= 0x8000) {
        skip_name(in);
      }
      if (!read_values(in, type, id, of_file)) {
        break;
      }
    }
    if (!in.ok()) {
      out_.valid = false;
    }
    if (!of_file) {
      take_html();
    }
  }

  static void skip_name(OctetReader& in) {
    in.take(16);
    if (in.u32() == 0) {
      in.u32();
    } else {
      in.take_padded(in.u32());
    }
  }

  // False where the length of a value is not known.
  bool read_values(OctetReader& in, std::uint16_t type, std::uint16_t id, bool of_file) {
    const bool several = (type & type_multiple) != 0;
    type = static_cast<std::uint16_t>(type & ~type_multiple);
    const bool variable = is_variable(type);
    const std::size_t size = fixed_size(type);
    if (!variable && size == 0) {
      out_.valid = false;
      return false;
    }
    std::uint32_t count = several || variable ? in.u32() : 1;
    for (; count > 0 && in.ok() && !in.done(); --count) {
      const std::string_view value = in.take_padded(variable ? in.u32() : size);
      if (!several && in.ok()) {
        of_file ? take_of_file(type, id, value) : take_of_message(type, id, value);
      }
    }
    return true;
  }

  void take_of_message(std::uint16_t type, std::uint16_t id, std::string_view value) {
    if (id == property_subject) {
      out_.subject = text(type, value);
    } else if (id == property_body) {
      out_.text = text(type, value);
    } else if (id == property_rtf) {
      out_.rtf = decompress_rtf(value, limits_.rtf, out_.valid);
    } else if (id == property_html) {
      html_ = value;
      html_type_ = type;
    } else if (id == property_internet_code_page) {
      html_code_page_ = "cp" + std::to_string(OctetReader(value).u32());
    }
  }

  void take_of_file(std::uint16_t type, std::uint16_t id, std::string_view value) {
    if (file_ == nullptr) {
      return;
    }
    if (id == property_attach_long_name) {
      file_->name = text(type, value);
      long_name_ = true;
    } else if (id == property_attach_name) {
      if (!long_name_) {
        file_->name = text(type, value);
      }
    } else if (id == property_attach_type) {
      file_->type = to_lower(text(type, value));
    } else if (id == property_attach_id) {
      file_->content_id = text(type, value);
    } else if (id == property_attach_object && value.size() > 16) {  // a GUID says what it is
      file_->content.assign(value.substr(16));
      file_->is_message = OctetReader(value.substr(16)).u32() == signature;
    }
  }

  // Its charset may stand behind it.
  void take_html() {
    if (html_.empty()) {
      return;
    }
    out_.html = html_type_ == type_unicode ? text(type_unicode, html_)
                                           : decode_text(up_to_zero(html_), html_code_page_, true).utf8;
    html_ = {};
  }

  OctetReader in_;
  const TnefLimits& limits_;
  Tnef out_{};
  TnefFile* file_ = nullptr;  // the last of out_.files
  bool long_name_ = false;
  std::string code_page_ = "cp1252";
  std::string html_code_page_{};
  std::string_view html_{};
  std::uint16_t html_type_ = 0;
};

}  // namespace

Tnef parse_tnef(std::string_view octets, const TnefLimits& limits) {
  return TnefReader(octets, limits).run();
}

bool is_tnef(std::string_view media_type) noexcept {
  return iequals(media_type, "application/ms-tnef") || iequals(media_type, "application/vnd.ms-tnef");
}

}  // namespace posthouse::mime
