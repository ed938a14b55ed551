#pragma once
// What the queue refuses beyond what its database does.
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::queue {

enum class Errc {
  no_recipients,  ///< An entry without recipients.
  no_domain       ///< A recipient's address without a domain: it leads nowhere.
};

/// The name of `errc`: "no_domain".
std::string_view to_string(Errc errc) noexcept;

/// A refusal of the queue; code() is "queue." followed by the name of its kind.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, SourceLocation where = SourceLocation::current());
  Errc errc() const noexcept { return errc_; }

 private:
  Errc errc_;
};

}  // namespace posthouse::queue
