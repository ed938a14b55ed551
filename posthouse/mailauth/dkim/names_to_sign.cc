#include "posthouse/mailauth/dkim/names_to_sign.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"

namespace posthouse::mailauth {

std::string algorithm_of(const PrivateKey& key) {
  return std::string(to_string(key.type())) + "-sha256";
}

std::vector<std::string> names_to_sign(const SignedMessage& message, const SigningOptions& options) {
  std::vector<std::string> names;
  const auto is_oversigned = [&](const std::string& name) {
    return std::any_of(options.oversigned.begin(), options.oversigned.end(),
                       [&](const std::string& one) { return iequals(one, name); });
  };
  std::vector<std::string> wanted;
  for (const std::string& field : options.fields) {
    std::string name = to_lower(field);
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
      wanted.push_back(std::move(name));
    }
  }
  if (std::find(wanted.begin(), wanted.end(), "from") == wanted.end()) {
    wanted.insert(wanted.begin(), "from");
  }
  for (const std::string& name : wanted) {
    const std::size_t there = message.fields_called(name).size() + (is_oversigned(name) ? 1 : 0);
    names.insert(names.end(), std::max<std::size_t>(there, name == "from" ? 1 : 0), name);
  }
  return names;
}

}  // namespace posthouse::mailauth
