#include "posthouse/server/control/control_address.h"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "posthouse/net/error.h"

namespace posthouse::server {

ControlAddress::ControlAddress(const std::filesystem::path& folder, const std::string& name) {
  constexpr std::size_t longest = 107;
  const std::string path = std::filesystem::absolute(folder / name).string();
  if (path.size() <= longest) {
    address_ = net::Address::unix_path(path);
    return;
  }
  folder_ = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) {
    throw net::Error::from_errno(errno, "cannot open " + folder.string());
  }
  address_ = net::Address::unix_path("/proc/self/fd/" + std::to_string(folder_) + "/" + name);
}

ControlAddress::~ControlAddress() {
  if (folder_ >= 0) {
    ::close(folder_);
  }
}

}  // namespace posthouse::server
