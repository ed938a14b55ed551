#include "measured.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace mime_bench {

namespace {

// FNV-1a. Of texts, CR and white space at the end do not count: the peers differ in them.
std::uint64_t hash(std::string_view octets, bool text) {
  while (text && !octets.empty() && std::strchr("\n\r ", octets.back()) != nullptr) {
    octets.remove_suffix(1);
  }
  std::uint64_t value = 1469598103934665603U;
  for (const char c : octets) {
    if (text && c == '\r') {
      continue;
    }
    value = (value ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return value;
}

}  // namespace

Corpus::Corpus(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error("cannot open " + path);
  }
  data_.assign(std::istreambuf_iterator<char>(file), {});
  for (std::size_t at = 0; at + 4 <= data_.size();) {
    std::uint32_t size = 0;
    std::memcpy(&size, data_.data() + at, 4);
    messages_.push_back(std::string_view(data_).substr(at + 4, size));
    at += 4 + std::size_t{size};
  }
}

std::size_t Corpus::octets() const {
  std::size_t sum = 0;
  for (const std::string_view message : messages_) {
    sum += message.size();
  }
  return sum;
}

void Sink::header(std::string_view name, std::string_view value) {
  ++headers;
  header_octets += value.size();
  if (verify && name == "Subject") {
    subject_sum += hash(value, true);
  }
}

void Sink::text(std::string_view utf8) {
  ++texts;
  text_octets += utf8.size();
  if (verify) {
    text_sum += hash(utf8, true);
  }
}

void Sink::file(std::string_view octets) {
  ++files;
  file_octets += octets.size();
  if (verify) {
    file_sum += hash(octets, false);
  }
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double median_cpu_seconds(int runs, const std::function<void()>& work) {
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) {
    const double before = cpu_seconds();
    work();
    seconds.push_back(cpu_seconds() - before);
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

}  // namespace mime_bench
