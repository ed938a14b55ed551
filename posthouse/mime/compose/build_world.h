#pragma once
// What a message takes from the world: the time, random numbers, a domain. Private to this module.
#include <string>
#include <string_view>

#include "posthouse/mime/compose/message_builder.h"
#include "posthouse/mime/random.h"

namespace posthouse::mime {

/// What BuildOptions give, else what the system has. The options must outlive it.
class BuildWorld {
 public:
  explicit BuildWorld(const BuildOptions& options)
      : options_(options), system_(options.random ? Random() : system_random()) {}

  /// The Date to write.
  Date now() const;
  const Random& random() const noexcept { return options_.random ? options_.random : system_; }
  /// A new id at the domain of the options, else at that of `sender` (an addr-spec); at "localhost" where the domain is
  /// not ASCII.
  std::string new_message_id(std::string_view sender) const;

 private:
  const BuildOptions& options_;
  Random system_;
};

}  // namespace posthouse::mime
