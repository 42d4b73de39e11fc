// SPDX-License-Identifier: MIT
// For libFuzzer: half of the changes are made to the JSON text as JSON, since hardly any change of its bytes leaves one.
#include "tests/fuzz/fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    size_t changed = 0;

    if (seed % 2 == 0)
        changed = fuzz_mutate_json(data, fuzz_json_offset(data, size), size, room, seed);
    return changed > 0 ? changed : LLVMFuzzerMutate(data, size, room);
}
