#include "posthouse/store/commit/write.h"

#include "posthouse/store/bodies/body.h"

namespace posthouse::store {

void Write::adopt(const StoredBody& body) {
  if (body.in_memory()) {
    batch_.octets += body.size();
  } else {
    batch_.files.push_back(body.file_);
  }
}

}  // namespace posthouse::store
