#pragma once
// Python as the other program.
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/support/temporary_folder.h"

namespace posthouse::mime {

inline bool has_python() {
  return std::system("python3 -c 'import mailbox' 2>/dev/null") == 0;
}

/// Runs a Python program with the folder as its argument; true when it ends well.
inline bool python(std::string_view program, const test::TemporaryFolder& folder) {
  folder.write("program.py", program);
  return std::system(("python3 '" + (folder / "program.py").string() + "' '" + folder.path().string() + "'").c_str()) ==
         0;
}

}  // namespace posthouse::mime
