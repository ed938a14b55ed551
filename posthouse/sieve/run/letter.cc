#include "posthouse/sieve/run/letter.h"

namespace posthouse::sieve {

mime::Headers Letter::headers() const noexcept {
  return edited_ ? block_.headers() : message_.headers();
}

mime::Headers Letter::headers(const mime::Part& part) const noexcept {
  return part.index() == 0 ? headers() : part.headers();
}

void Letter::edit(const HeaderEdit& edit) {
  if (!edited_) {
    edited_.emplace(message_.raw().substr(0, message_.raw().size() - message_.root().raw_body().size()));
  }
  apply_edit(edit, *edited_);
  block_ = mime::HeaderBlock::scan(*edited_);
}

bool Letter::has_body() const noexcept {
  const std::string_view header = message_.root().raw_header();
  return !message_.root().raw_body().empty() || header.ends_with("\n\r\n") || header.ends_with("\n\n") ||
         header == "\r\n" || header == "\n";
}

}  // namespace posthouse::sieve
