#pragma once
// Writes fields that carry a signature, folded. Private to this module.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/keys/private_key.h"

namespace posthouse::mailauth {

/// One such field: tags are added in their order, that of the signature itself among them.
///
///     SignatureWriter writer("DKIM-Signature");
///     writer.add("v", "1"); … writer.add_signature();
///     const std::string field = writer.field(key.sign(digest_of(writer.unsigned_field())));
class SignatureWriter {
 public:
  explicit SignatureWriter(std::string_view field_name);

  /// A tag whose value is not broken.
  void add(std::string_view name, std::string_view value);
  /// A tag whose value is a list, which may be broken behind each ":".
  void add_list(std::string_view name, const std::vector<std::string>& pieces);
  /// The b= tag, on lines of its own.
  void add_signature();

  /// The field with an empty b=, its last line end with it.
  std::string unsigned_field() const;
  /// The field with `signature`, its last line end with it.
  std::string field(std::string_view signature) const;

 private:
  void begin_tag(std::size_t size);

  std::string before_;  // up to "b="
  std::string behind_;  // from the ";" behind b= on
  std::string* out_ = &before_;
  std::size_t column_ = 0;
  bool first_ = true;
  bool fold_ = false;  // the next tag begins a line
};

}  // namespace posthouse::mailauth
