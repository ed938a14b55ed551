// usage: mime_build [SECONDS]
//
// Builds the message the peers' programs build: text and HTML as alternatives, an inline image of 50 KiB, an attachment
// of 1 MiB, Chinese names and subject. Messages per second of processor time.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "measured.h"

#include "posthouse/mime/compose/message_builder.h"

namespace {

struct Input {
  std::string text{};
  std::string html{};
  std::string image{};
  std::string file{};

  Input() {
    for (int i = 0; i < 40; ++i) {
      const std::string line = "Line " + std::to_string(i);
      text += "各位同事：下周一上午十点在三楼会议室讨论下一季度的产品计划。" + line + "\r\n";
      html += "<p>各位同事：下周一上午十点在<b>三楼会议室</b>讨论下一季度的产品计划。" + line + "</p>\r\n";
    }
    html += "<img src=\"cid:img1@example.com\">\r\n";
    std::uint64_t bits = 88172645463325252U;
    const auto fill = [&](std::string& octets, std::size_t size) {
      octets.resize(size);
      for (char& c : octets) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        c = static_cast<char>(bits >> 24);
      }
    };
    fill(image, 50 * 1024);
    fill(file, 1024 * 1024);
  }
};

std::size_t build(const Input& input) {
  return posthouse::mime::MessageBuilder()
      .from("张伟", "zhang.wei@example.com")
      .to("李小龙", "li.xiaolong@example.org")
      .subject("关于下一季度产品计划的会议通知（请各位同事准时参加）")
      .text(input.text)
      .html(input.html)
      .inline_bytes("image.png", input.image, "img1@example.com")
      .attach("季度报告.pdf", input.file)
      .build()
      .size();
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.7;
  const Input input;
  const std::size_t octets = build(input);
  std::vector<double> rates;
  for (int round = 0; round < 3; ++round) {
    const double before = mime_bench::cpu_seconds();
    double after = before;
    std::size_t count = 0;
    do {
      build(input);
      ++count;
      after = mime_bench::cpu_seconds();
    } while (after - before < seconds);
    rates.push_back(static_cast<double>(count) / (after - before));
  }
  std::sort(rates.begin(), rates.end());
  std::printf("{\"bench\":\"mime_build\",\"out_bytes\":%zu,\"msgs_s\":%.1f}\n", octets, rates[1]);
  return 0;
}
