// Asks a web server: web_page URL [CA-FILE]
#include <iostream>

#include "posthouse/http/http.h"

using namespace posthouse;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: web_page URL [CA-FILE]\n";
    return 2;
  }
  http::ClientOptions options{.timeout = 20s, .redirects = 3};
  options.limits.body_octets = 256 * 1024;
  if (argc > 2) options.tls.ca_file = argv[2];
  const http::Response answer = http::get(argv[1], options);
  std::cout << answer.url << ": " << answer.status << ' ' << answer.media_type() << '\n';
  if (answer.ok()) std::cout << answer.body;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
