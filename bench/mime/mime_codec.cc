// usage: mime_codec [SECONDS]
//
// Transfer encodings of 1 MiB of random octets (base64, lines of 76) and of 256 KiB of mostly ASCII UTF-8
// (quoted-printable), as in the peers' program; memcpy of the same for a measure. GB of decoded octets per second of
// processor time. Buffers are reused, as a caller who decodes more than one body does.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>

#include "measured.h"

#include "posthouse/mime/codec/transfer_encoding.h"

namespace {

using namespace posthouse::mime;

// The median of seven rates.
void measure(const char* what, std::size_t octets, double seconds, const std::function<void()>& work) {
  work();
  std::vector<double> rates;
  for (int round = 0; round < 7; ++round) {
    const double before = mime_bench::cpu_seconds();
    double after = before;
    std::size_t count = 0;
    do {
      work();
      ++count;
      after = mime_bench::cpu_seconds();
    } while (after - before < seconds);
    rates.push_back(static_cast<double>(count * octets) / (after - before) / 1e9);
  }
  std::sort(rates.begin(), rates.end());
  std::printf(",\"%s\":%.3f", what, rates[rates.size() / 2]);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.06;
  std::string octets(std::size_t{1} << 20, '\0');
  std::mt19937 random(1);
  for (char& c : octets) {
    c = static_cast<char>(random());
  }
  std::string text;
  while (text.size() < 256 * 1024) {
    text += "The quick brown fox jumps over the lazy dog = 1 + 2, \xc3\xa9t\xc3\xa9 na\xc3\xafve caf\xc3\xa9 end.\r\n";
  }
  const std::string base64 = encode_base64_lines(octets);
  const std::string quoted = encode_quoted_printable(text);

  std::string out(octets.size() * 2, '\0');
  const auto copy = [&](const std::string& from) {
    std::memcpy(out.data(), from.data(), from.size());
    asm volatile("" : : "r"(out.data()) : "memory");
  };
  const auto decode = [&](const std::string& body, TransferEncoding encoding) {
    out.clear();
    decode_body(out, body, encoding);
  };
  std::printf("{\"bench\":\"mime_codec\"");
  measure("memcpy", octets.size(), seconds, [&] { copy(octets); });
  measure("b64enc", octets.size(), seconds, [&] {
    out.clear();
    append_base64_lines(out, octets);
  });
  measure("b64dec", octets.size(), seconds, [&] { decode(base64, TransferEncoding::base64); });
  measure("qpenc", text.size(), seconds, [&] {
    out.clear();
    append_quoted_printable(out, text);
  });
  measure("qpdec", text.size(), seconds, [&] { decode(quoted, TransferEncoding::quoted_printable); });
  std::printf("}\n");
  return 0;
}
