// Fetches a page and saves it. Tutorial, chapter 1.
//
//     page_fetcher [HOST [PORT [FILE]]]
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "posthouse/net/stream/stream.h"

using namespace posthouse;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  const std::string host = argc > 1 ? argv[1] : "example.org";
  const auto port = static_cast<std::uint16_t>(argc > 2 ? std::stoul(argv[2]) : 80);

  auto stream = net::connect(host, port, 10s);
  stream.write("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");

  std::string page, piece;
  while (!(piece = stream.read_some(1024, 30s)).empty()) page += piece;  // empty: the other side has closed

  const auto end_of_header = page.find("\r\n\r\n");
  if (end_of_header == std::string::npos) throw std::runtime_error("that is no HTTP answer");
  std::cout << page.substr(0, end_of_header) << '\n';
  std::ofstream(argc > 3 ? argv[3] : "page.html", std::ios::binary) << page.substr(end_of_header + 4);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
