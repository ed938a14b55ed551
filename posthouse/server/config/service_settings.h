#pragma once
// The settings of services, of which the configuration does not know what they are.
#include <any>
#include <map>
#include <typeindex>

namespace posthouse::server {

/// One struct of settings for each service, found by its type. A struct that has not been set has its defaults.
class ServiceSettings {
 public:
  template <class T>
  T& of() {
    std::any& any = all_[typeid(T)];
    if (!any.has_value()) {
      any = T{};
    }
    return *std::any_cast<T>(&any);
  }
  template <class T>
  const T& of() const {
    static const T defaults{};
    const auto found = all_.find(typeid(T));
    return found == all_.end() ? defaults : *std::any_cast<T>(&found->second);
  }

 private:
  std::map<std::type_index, std::any> all_;
};

}  // namespace posthouse::server
