#pragma once
// What the store refuses or fails at beyond SQL.
#include <string>
#include <string_view>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::store {

enum class Errc {
  invalid_name,     ///< not an address, domain or password that can be stored
  no_such_domain,   ///
  no_such_account,  ///
  no_such_alias,    ///
  no_such_mailbox,  ///
  no_such_message,  ///< also: deleted meanwhile
  exists,           ///< a domain, account or alias of that name is there already
  not_empty,        ///< a domain that still has accounts or aliases
  database,         ///< the database server cannot be reached; retryable
  refused,          ///< the database server does not let us in (user, password, rights); retryable
  data_folder,      ///< the data folder cannot be made, read or written
  damaged,          ///< rows contradict each other
  body_file,        ///< a body file cannot be written, or is missing or damaged
  in_use,           ///< another server runs on this data folder or database
  locked,           ///< another process keeps the database locked; retryable
  not_ours,         ///< the database file is damaged, no database, or another program's
  schema_too_new,   ///< made by a newer Posthouse
  setting,          ///< the database did not take a setting that durability depends on
  too_many,         ///< more keywords or annotations than a mailbox can have
  too_large,        ///< a longer value than an annotation can have
  over_quota,       ///< more than an account may hold
  overloaded,       ///< too many writes or log-ins wait; retryable
  stopped,          ///< the store is shutting down; retryable
  abandoned         ///< whoever asked has left, so it was not done
};

/// The name of `errc`: "no_such_domain".
std::string_view to_string(Errc errc) noexcept;

/// A refusal or failure of the store; code() is "store." followed by the name of its kind.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, SourceLocation where = SourceLocation::current());
  Errc errc() const noexcept { return errc_; }

 private:
  Errc errc_;
};

}  // namespace posthouse::store
