// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.VulkanDriver.Shaders;

/// <summary>The instructions of SPIR-V that the shader is made of, by their numbers in the specification.</summary>
internal enum SpirvOpcode : uint
{
    MemoryModel = 14,
    EntryPoint = 15,
    ExecutionMode = 16,
    Capability = 17,
    TypeVoid = 19,
    TypeBool = 20,
    TypeInt = 21,
    TypeVector = 23,
    TypeRuntimeArray = 29,
    TypeStruct = 30,
    TypePointer = 32,
    TypeFunction = 33,
    Constant = 43,
    Function = 54,
    FunctionEnd = 56,
    Variable = 59,
    Load = 61,
    Store = 62,
    AccessChain = 65,
    Decorate = 71,
    MemberDecorate = 72,
    CompositeExtract = 81,
    IAdd = 128,
    IMul = 132,
    ULessThan = 176,
    Phi = 245,
    LoopMerge = 246,
    SelectionMerge = 247,
    Label = 248,
    Branch = 249,
    BranchConditional = 250,
    Return = 253,
}
