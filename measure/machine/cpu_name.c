// SPDX-License-Identifier: MIT
#include "measure/machine/cpu_name.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/base/procfs.h"

#define NAME_TEXT 512

struct numbered {
    unsigned number;
    const char *name;
};

// MIDR_EL1 of the Arm Architecture Reference Manual, "Implementer".
static const struct numbered implementers[] = {
    {0x41, "ARM"},   {0x42, "Broadcom"},  {0x43, "Cavium"},  {0x46, "Fujitsu"}, {0x48, "HiSilicon"}, {0x4e, "NVIDIA"},
    {0x50, "APM"},   {0x51, "Qualcomm"},  {0x53, "Samsung"}, {0x56, "Marvell"}, {0x61, "Apple"},     {0x66, "Faraday"},
    {0x69, "Intel"}, {0x6d, "Microsoft"}, {0x70, "Phytium"}, {0xc0, "Ampere"},  {0, NULL},
};

static const struct numbered arm_parts[] = {
    {0xc05, "Cortex-A5"},
    {0xc07, "Cortex-A7"},
    {0xc08, "Cortex-A8"},
    {0xc09, "Cortex-A9"},
    {0xc0e, "Cortex-A17"},
    {0xc0f, "Cortex-A15"},
    {0xd01, "Cortex-A32"},
    {0xd02, "Cortex-A34"},
    {0xd03, "Cortex-A53"},
    {0xd04, "Cortex-A35"},
    {0xd05, "Cortex-A55"},
    {0xd06, "Cortex-A65"},
    {0xd07, "Cortex-A57"},
    {0xd08, "Cortex-A72"},
    {0xd09, "Cortex-A73"},
    {0xd0a, "Cortex-A75"},
    {0xd0b, "Cortex-A76"},
    {0xd0c, "Neoverse-N1"},
    {0xd0d, "Cortex-A77"},
    {0xd0e, "Cortex-A76AE"},
    {0xd40, "Neoverse-V1"},
    {0xd41, "Cortex-A78"},
    {0xd42, "Cortex-A78AE"},
    {0xd44, "Cortex-X1"},
    {0xd46, "Cortex-A510"},
    {0xd47, "Cortex-A710"},
    {0xd48, "Cortex-X2"},
    {0xd49, "Neoverse-N2"},
    {0xd4a, "Neoverse-E1"},
    {0xd4b, "Cortex-A78C"},
    {0xd4c, "Cortex-X1C"},
    {0xd4d, "Cortex-A715"},
    {0xd4e, "Cortex-X3"},
    {0xd4f, "Neoverse-V2"},
    {0xd80, "Cortex-A520"},
    {0xd81, "Cortex-A720"},
    {0xd82, "Cortex-X4"},
    {0xd83, "Neoverse-V3AE"},
    {0xd84, "Neoverse-V3"},
    {0xd85, "Cortex-X925"},
    {0xd87, "Cortex-A725"},
    {0xd8e, "Neoverse-N3"},
    {0, NULL},
};

static const struct numbered apple_parts[] = {
    {0x022, "Icestorm (M1)"},
    {0x023, "Firestorm (M1)"},
    {0x024, "Icestorm (M1 Pro)"},
    {0x025, "Firestorm (M1 Pro)"},
    {0x028, "Icestorm (M1 Max)"},
    {0x029, "Firestorm (M1 Max)"},
    {0x032, "Blizzard (M2)"},
    {0x033, "Avalanche (M2)"},
    {0x034, "Blizzard (M2 Pro)"},
    {0x035, "Avalanche (M2 Pro)"},
    {0x038, "Blizzard (M2 Max)"},
    {0x039, "Avalanche (M2 Max)"},
    {0, NULL},
};

static const struct numbered hisilicon_parts[] = {{0xd01, "Kunpeng 920 (TaiShan v110)"}, {0, NULL}};
static const struct numbered ampere_parts[] = {{0xac3, "Ampere-1"}, {0xac4, "Ampere-1a"}, {0, NULL}};
static const struct numbered cavium_parts[] = {{0x0a1, "ThunderX"}, {0x0af, "ThunderX2"}, {0, NULL}};
static const struct numbered fujitsu_parts[] = {{0x001, "A64FX"}, {0, NULL}};
static const struct numbered qualcomm_parts[] = {
    {0x001, "Oryon"},           {0x800, "Kryo 2xx Gold"}, {0x801, "Kryo 2xx Silver"}, {0x802, "Kryo 3xx Gold"},
    {0x803, "Kryo 3xx Silver"}, {0x804, "Kryo 4xx Gold"}, {0x805, "Kryo 4xx Silver"}, {0, NULL},
};

static const struct {
    unsigned implementer;
    const struct numbered *parts;
} parts_by[] = {{0x41, arm_parts},    {0x61, apple_parts},   {0x48, hisilicon_parts}, {0xc0, ampere_parts},
                {0x43, cavium_parts}, {0x46, fujitsu_parts}, {0x51, qualcomm_parts}};

static const char *name_of(const struct numbered *list, unsigned number)
{
    for (; list->name != NULL; list++)
        if (list->number == number)
            return list->name;
    return NULL;
}

static const char *part_name(unsigned implementer, unsigned part)
{
    for (size_t i = 0; i < sizeof parts_by / sizeof *parts_by; i++)
        if (parts_by[i].implementer == implementer)
            return name_of(parts_by[i].parts, part);
    return NULL;
}

// "0x41" or "8" behind the key, within the paragraph of one core.
static unsigned number_of(const char *core, const char *key)
{
    const char *value = procfs_value(core, key);

    return value != NULL ? (unsigned)strtoul(value, NULL, 0) : 0;
}

// "ARM Neoverse-N1 r3p1"; what is not known by name stays a number.
static void describe_core(const char *core, char text[128])
{
    unsigned implementer = number_of(core, "CPU implementer"), part = number_of(core, "CPU part");
    const char *maker = name_of(implementers, implementer), *name = part_name(implementer, part);
    int length = maker != NULL ? snprintf(text, 128, "%s ", maker)
                               : snprintf(text, 128, "implementer 0x%02x ", implementer);

    length += name != NULL ? snprintf(text + length, 128 - (size_t)length, "%s", name)
                           : snprintf(text + length, 128 - (size_t)length, "part 0x%03x", part);
    snprintf(text + length, 128 - (size_t)length, " r%up%u", number_of(core, "CPU variant"),
             number_of(core, "CPU revision"));
}

// Each kind of core once, in the order of the CPUs. The paragraphs are taken apart.
static char *arm_name(char *cpuinfo)
{
    char name[NAME_TEXT] = "", text[128];

    for (char *core = cpuinfo, *end; core != NULL && *core != '\0'; core = end) {
        end = strstr(core, "\n\n");
        if (end != NULL) {
            *++end = '\0';
            end++;
        }
        if (procfs_value(core, "CPU implementer") == NULL)
            continue;
        describe_core(core, text);
        if (strstr(name, text) == NULL && strlen(name) + strlen(text) + 4 < sizeof name) {
            strcat(name, name[0] != '\0' ? " + " : "");
            strcat(name, text);
        }
    }
    return name[0] != '\0' ? strdup(name) : NULL;
}

// "processor 0: version = 00,  identification = 1234,  machine = 8561", the type of the machine.
static char *s390_name(const char *cpuinfo)
{
    const char *vendor = procfs_value(cpuinfo, "vendor_id"), *machine = strstr(cpuinfo, "machine = ");
    char *name = NULL;

    if (vendor == NULL || strncmp(vendor, "IBM/S390", 8) != 0 || machine == NULL)
        return NULL;
    return asprintf(&name, "IBM/S390 machine %.4s", machine + strlen("machine = ")) < 0 ? NULL : name;
}

// x86 has "model name", other processors one of the rest.
static char *told_name(const char *cpuinfo)
{
    static const char *const keys[] = {"model name", "Model Name", "cpu model", "cpu",
                                       "uarch",      "Model",      "Hardware",  "isa"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = procfs_value(cpuinfo, keys[i]);

        if (value != NULL && *value != '\n' && *value != '\0')
            return strndup(value, strcspn(value, "\n"));
    }
    return NULL;
}

// Of the machine, where nothing names its processor.
static char *machine_name(const char *root)
{
    char *name = procfs_line("%s/sys/class/dmi/id/product_name", root);

    return name != NULL ? name : procfs_line("%s/proc/device-tree/model", root);
}

char *cpu_name(const char *root)
{
    char *cpuinfo = procfs_text("%s/proc/cpuinfo", root), *name = NULL;

    if (cpuinfo != NULL) {
        name = s390_name(cpuinfo);
        if (name == NULL && procfs_value(cpuinfo, "CPU implementer") != NULL)
            name = arm_name(cpuinfo);
        else if (name == NULL)
            name = told_name(cpuinfo);
    }
    free(cpuinfo);
    return name != NULL ? name : machine_name(root);
}
