// SPDX-License-Identifier: MIT
#include "measure/base/needed.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_CLASS (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)

struct file {
    const unsigned char *bytes;
    size_t size;
};

// NULL: it does not reach so far.
static const void *at(const struct file *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset ? file->bytes + offset : NULL;
}

// The same of what is made of whole words.
static const void *words_at(const struct file *file, uint64_t offset, uint64_t size)
{
    return offset % sizeof(ElfW(Addr)) == 0 ? at(file, offset, size) : NULL;
}

// See elf(5). NULL: it is no library for this machine's words.
static const ElfW(Phdr) * segments_of(const struct file *file, size_t *ret_count)
{
    const ElfW(Ehdr) *header = at(file, 0, sizeof *header);

    if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != OWN_CLASS ||
        header->e_phentsize != sizeof(ElfW(Phdr)))
        return NULL;
    *ret_count = header->e_phnum;
    return words_at(file, header->e_phoff, *ret_count * sizeof(ElfW(Phdr)));
}

// What stands in the file from an address of the loaded library on; how much of it.
static const char *at_address(const struct file *file, uint64_t address, size_t *ret_size)
{
    size_t count = 0;
    const ElfW(Phdr) *segments = segments_of(file, &count);

    for (size_t i = 0; segments != NULL && i < count; i++) {
        uint64_t offset = address - segments[i].p_vaddr;

        if (segments[i].p_type != PT_LOAD || offset >= segments[i].p_filesz)
            continue;
        *ret_size = segments[i].p_filesz - offset;
        return at(file, segments[i].p_offset + offset, *ret_size);
    }
    return NULL;
}

static const ElfW(Dyn) * dynamic_of(const struct file *file, size_t *ret_count)
{
    size_t count = 0;
    const ElfW(Phdr) *segments = segments_of(file, &count);

    for (size_t i = 0; segments != NULL && i < count; i++) {
        *ret_count = segments[i].p_filesz / sizeof(ElfW(Dyn));
        if (segments[i].p_type == PT_DYNAMIC)
            return words_at(file, segments[i].p_offset, segments[i].p_filesz);
    }
    return NULL;
}

static void load_all(const struct file *file)
{
    size_t count = 0, size = 0;
    const ElfW(Dyn) *dynamic = dynamic_of(file, &count);
    const char *names = NULL;

    for (size_t i = 0; dynamic != NULL && i < count && names == NULL; i++) {
        if (dynamic[i].d_tag == DT_STRTAB)
            names = at_address(file, dynamic[i].d_un.d_ptr, &size);
    }
    for (size_t i = 0; names != NULL && i < count && dynamic[i].d_tag != DT_NULL; i++) {
        uint64_t name = dynamic[i].d_un.d_val;

        if (dynamic[i].d_tag == DT_NEEDED && name < size && memchr(names + name, '\0', size - name) != NULL)
            (void)dlopen(names + name, RTLD_NOW | RTLD_LOCAL);
    }
}

// Whether the file is there.
static bool load_from(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    struct file file;
    void *bytes;

    if (fd < 0)
        return false;
    file.size = fstat(fd, &stat) == 0 ? (size_t)stat.st_size : 0;
    bytes = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return true;
    file.bytes = bytes;
    load_all(&file);
    munmap(bytes, file.size);
    return true;
}

void needed_load(const char *name)
{
#ifdef __GLIBC__ // others cannot be asked where libraries are
    void *self = dlopen(NULL, RTLD_LAZY);
    Dl_serinfo head, *places = NULL;
    char path[PATH_MAX];

    if (self == NULL || dlinfo(self, RTLD_DI_SERINFOSIZE, &head) != 0 || (places = malloc(head.dls_size)) == NULL)
        return;
    *places = head;
    if (dlinfo(self, RTLD_DI_SERINFOSIZE, places) == 0 && dlinfo(self, RTLD_DI_SERINFO, places) == 0) {
        for (unsigned i = 0; i < places->dls_cnt; i++) {
            snprintf(path, sizeof path, "%s/%s", places->dls_serpath[i].dls_name, name);
            if (load_from(path))
                break;
        }
    }
    free(places);
#else
    (void)name;
    (void)load_from;
#endif
}
