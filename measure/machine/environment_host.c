// SPDX-License-Identifier: MIT
// Around the processor: what contains this process, and what the kernel does against the processor's leaks.
#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/base/procfs.h"
#include "measure/machine/environment_internal.h"

// What is found in a text and what that means.
struct clue {
    const char *text, *meaning;
};

static const struct clue cgroup_clues[] = {
    {"kubepods", "kubernetes"}, {"docker", "docker"}, {"libpod", "podman"}, {"/lxc", "lxc"},
    {"garden", "garden"},       {NULL, NULL},
};

// With a cgroup namespace the path of the cgroup says nothing, but what is mounted comes from somewhere.
static const struct clue mount_clues[] = {
    {"/kubelet/", "kubernetes"},
    {"kubernetes.io", "kubernetes"},
    {"/docker/containers/", "docker"},
    {"/containers/storage/", "podman"},
    {"lxcfs ", "lxc"},
    {NULL, NULL},
};

static const struct clue kernel_clues[] = {{"icrosoft", "wsl"}, {"WSL", "wsl"}, {NULL, NULL}};

static const struct clue product_clues[] = {
    {"VirtualBox", "virtualbox"},
    {"VMware", "vmware"},
    {"Virtual Machine", "hyperv"},
    {"Google Compute Engine", "kvm"},
    {"Standard PC", "kvm"}, // QEMU's own machines
    {"KVM", "kvm"},
    {"Bochs", "qemu"},
    {NULL, NULL},
};

// Some hypervisors show no product, but all bring a clock.
static const struct clue clock_clues[] = {
    {"kvm-clock", "kvm"},
    {"hyperv", "hyperv"},
    {"xen", "xen"},
    {NULL, NULL},
};

// Frees `text`. NULL where it is NULL or holds none of the clues.
static const char *meaning_of(char *text, const struct clue *clues)
{
    const char *meaning = NULL;

    for (; text != NULL && meaning == NULL && clues->text != NULL; clues++)
        if (strstr(text, clues->text) != NULL)
            meaning = clues->meaning;
    free(text);
    return meaning;
}

static bool exists(const char *root, const char *path)
{
    char full[4096];

    snprintf(full, sizeof full, "%s/%s", root, path);
    return access(full, F_OK) == 0;
}

// Whether a namespace of this process is the one the machine began with: the kernel gives those fixed numbers
// (include/linux/proc_ns.h). -1: unknown.
static int is_first_namespace(const char *root, const char *link)
{
    char path[4096], target[64];
    ssize_t length;

    snprintf(path, sizeof path, "%s/proc/self/ns/%.*s", root, (int)strcspn(link, ":"), link);
    length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return -1;
    target[length] = '\0';
    return strcmp(target, link) == 0;
}

// The root of a virtual machine may have been made from a container's image, its marks included: no container has all
// three of these from the machine.
static bool is_outermost(const char *root)
{
    return is_first_namespace(root, "pid:[4026531836]") == 1 && is_first_namespace(root, "ipc:[4026531839]") == 1 &&
           is_first_namespace(root, "uts:[4026531838]") == 1;
}

// `buf` takes a name that is the system's own.
static const char *container(const char *root, char buf[32])
{
    const char *meaning = meaning_of(procfs_text("%s/proc/self/cgroup", root), cgroup_clues);
    char *manager = procfs_line("%s/run/systemd/container", root); // written by systemd: "lxc", "systemd-nspawn" …

    snprintf(buf, 32, "%.31s", manager != NULL ? manager : "");
    free(manager);
    if (meaning != NULL)
        return meaning;
    if (is_outermost(root))
        return NULL;
    meaning = meaning_of(procfs_text("%s/proc/self/mountinfo", root), mount_clues);
    if (meaning != NULL)
        return meaning;
    if (buf[0] != '\0')
        return buf;
    if (exists(root, "run/.containerenv"))
        return "podman";
    if (exists(root, ".dockerenv"))
        return "docker";
    return is_first_namespace(root, "pid:[4026531836]") == 0 ? "container" : NULL;
}

static bool cpu_has_flag(const char *root, const char *flag)
{
    char *text = procfs_text("%s/proc/cpuinfo", root), *rest = NULL;
    const char *flags = procfs_value(text, "flags");
    char *line = flags != NULL ? strndup(flags, strcspn(flags, "\n")) : NULL;
    bool found = false;

    if (line != NULL)
        for (char *word = strtok_r(line, " ", &rest); word != NULL && !found; word = strtok_r(NULL, " ", &rest))
            found = strcmp(word, flag) == 0;
    free(line);
    free(text);
    return found;
}

static const char *hypervisor(const char *root)
{
    const char *meaning = meaning_of(procfs_text("%s/sys/class/dmi/id/product_name", root), product_clues);

    if (meaning == NULL)
        meaning = meaning_of(procfs_text("%s/sys/devices/system/clocksource/clocksource0/available_clocksource", root),
                             clock_clues);
    if (meaning == NULL)
        meaning = meaning_of(procfs_text("%s/proc/sys/kernel/osrelease", root), kernel_clues);
    if (meaning == NULL && exists(root, "sys/hypervisor/type"))
        meaning = "xen";
    if (meaning == NULL && cpu_has_flag(root, "hypervisor"))
        meaning = "vm";
    return meaning;
}

struct cJSON *environment_virtualisation(const char *root)
{
    char text[64], name[32];
    const char *inner = container(root, name), *outer = hypervisor(root);

    if (inner == NULL && outer == NULL)
        return cJSON_CreateNull();
    if (inner == NULL || outer == NULL)
        return cJSON_CreateString(inner != NULL ? inner : outer);
    snprintf(text, sizeof text, "%s on %s", inner, outer);
    return cJSON_CreateString(text);
}

static int is_vulnerability(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

// Not alphasort(), whose order is the locale's: two runs on one machine should have the same fingerprint.
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

struct cJSON *environment_mitigations(const char *root)
{
    char path[4096];
    struct dirent **entries;
    struct cJSON *object;
    int count;

    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/vulnerabilities", root);
    count = scandir(path, &entries, is_vulnerability, by_name);
    if (count < 0)
        return cJSON_CreateNull();
    object = cJSON_CreateObject();
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;

        cJSON_AddItemToObject(object, name, environment_text(procfs_line("%s/%s", path, name)));
        free(entries[i]);
    }
    free(entries);
    return object;
}
