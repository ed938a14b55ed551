#pragma once
// What addresses of this machine's users end in.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::server {

/// The domains that bare names may be of, the likeliest first: what /etc/mailname says, `hostname`, and the domain that it
/// is a host of.
std::vector<std::string> domains_of_machine(std::string_view hostname);

/// The first of them that `is_local` says is a domain of the house; else `hostname`.
std::string own_domain(std::string_view hostname, const std::function<bool(const std::string& domain)>& is_local);

}  // namespace posthouse::server
