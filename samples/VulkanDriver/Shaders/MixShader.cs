// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.VulkanDriver.Shaders;

/// <summary>
/// What the GPU computes, for every word i of a block: x = seed, then <c>rounds</c> times x = x * 1664525 + 1013904223 + i. Without rounds it
/// fills the block. The same twice: for the GPU as SPIR-V, and for the CPU, which checks it.
/// </summary>
internal static class MixShader
{
    internal const uint GroupSize = 64;
    internal const string EntryPoint = "main";

    private const uint Multiplier = 1664525;
    private const uint Increment = 1013904223;

    // Numbers of the specification that are not instructions.
    private const uint CapabilityShader = 1;
    private const uint LogicalAddressing = 0;
    private const uint Glsl450Memory = 1;
    private const uint GlCompute = 5;
    private const uint LocalSize = 17;
    private const uint DecorationBlock = 2;
    private const uint DecorationArrayStride = 6;
    private const uint DecorationBuiltIn = 11;
    private const uint DecorationBinding = 33;
    private const uint DecorationDescriptorSet = 34;
    private const uint DecorationOffset = 35;
    private const uint GlobalInvocationId = 28;
    private const uint Input = 1;
    private const uint PushConstant = 9;
    private const uint StorageBuffer = 12;

    /// <summary>What a command tells the shader: count, seed, rounds.</summary>
    internal const int PushWords = 3;

    internal static uint Mix(uint word, uint seed, uint rounds)
    {
        uint x = seed;
        for (uint round = 0; round < rounds; round++)
        {
            x = (x * Multiplier) + Increment + word;
        }

        return x;
    }

    internal static uint[] Assemble()
    {
        SpirvAssembler code = new();
        uint main = code.NewId();
        uint invocation = code.NewId();
        uint array = code.NewId();
        uint block = code.NewId();
        uint buffer = code.NewId();
        uint pushBlock = code.NewId();

        code.Emit(SpirvOpcode.Capability, CapabilityShader);
        code.Emit(SpirvOpcode.MemoryModel, LogicalAddressing, Glsl450Memory);
        code.Emit(SpirvOpcode.EntryPoint, [GlCompute, main, .. SpirvAssembler.Literal(EntryPoint), invocation]);
        code.Emit(SpirvOpcode.ExecutionMode, main, LocalSize, GroupSize, 1, 1);

        code.Emit(SpirvOpcode.Decorate, invocation, DecorationBuiltIn, GlobalInvocationId);
        code.Emit(SpirvOpcode.Decorate, array, DecorationArrayStride, sizeof(uint));
        code.Emit(SpirvOpcode.MemberDecorate, block, 0, DecorationOffset, 0);
        code.Emit(SpirvOpcode.Decorate, block, DecorationBlock);
        code.Emit(SpirvOpcode.Decorate, buffer, DecorationDescriptorSet, 0);
        code.Emit(SpirvOpcode.Decorate, buffer, DecorationBinding, 0);
        for (uint member = 0; member < PushWords; member++)
        {
            code.Emit(SpirvOpcode.MemberDecorate, pushBlock, member, DecorationOffset, member * sizeof(uint));
        }

        code.Emit(SpirvOpcode.Decorate, pushBlock, DecorationBlock);

        uint nothing = code.Define(SpirvOpcode.TypeVoid);
        uint function = code.Define(SpirvOpcode.TypeFunction, nothing);
        uint boolean = code.Define(SpirvOpcode.TypeBool);
        uint word = code.Define(SpirvOpcode.TypeInt, 32, 0);
        uint vector = code.Define(SpirvOpcode.TypeVector, word, 3);
        uint inputVector = code.Define(SpirvOpcode.TypePointer, Input, vector);
        code.Emit(SpirvOpcode.TypeRuntimeArray, array, word);
        code.Emit(SpirvOpcode.TypeStruct, block, array);
        uint blockPointer = code.Define(SpirvOpcode.TypePointer, StorageBuffer, block);
        uint wordPointer = code.Define(SpirvOpcode.TypePointer, StorageBuffer, word);
        code.Emit(SpirvOpcode.TypeStruct, pushBlock, word, word, word);
        uint pushPointer = code.Define(SpirvOpcode.TypePointer, PushConstant, pushBlock);
        uint pushWordPointer = code.Define(SpirvOpcode.TypePointer, PushConstant, word);
        uint zero = code.Compute(SpirvOpcode.Constant, word, 0);
        uint one = code.Compute(SpirvOpcode.Constant, word, 1);
        uint two = code.Compute(SpirvOpcode.Constant, word, 2);
        uint multiplier = code.Compute(SpirvOpcode.Constant, word, Multiplier);
        uint increment = code.Compute(SpirvOpcode.Constant, word, Increment);
        code.Emit(SpirvOpcode.Variable, inputVector, invocation, Input);
        code.Emit(SpirvOpcode.Variable, blockPointer, buffer, StorageBuffer);
        uint push = code.Compute(SpirvOpcode.Variable, pushPointer, PushConstant);

        uint body = code.NewId();
        uint header = code.NewId();
        uint step = code.NewId();
        uint next = code.NewId();
        uint after = code.NewId();
        uint end = code.NewId();
        uint nextRound = code.NewId();
        uint mixed = code.NewId();

        code.Emit(SpirvOpcode.Function, nothing, main, 0, function);
        code.Define(SpirvOpcode.Label);
        uint position = code.Compute(SpirvOpcode.Load, vector, invocation);
        uint index = code.Compute(SpirvOpcode.CompositeExtract, word, position, 0);
        uint count = Push(zero);
        uint isInside = code.Compute(SpirvOpcode.ULessThan, boolean, index, count);
        code.Emit(SpirvOpcode.SelectionMerge, end, 0);
        code.Emit(SpirvOpcode.BranchConditional, isInside, body, end);

        code.Emit(SpirvOpcode.Label, body);
        uint seed = Push(one);
        uint rounds = Push(two);
        code.Emit(SpirvOpcode.Branch, header);

        code.Emit(SpirvOpcode.Label, header);
        uint round = code.Compute(SpirvOpcode.Phi, word, zero, body, nextRound, next);
        uint x = code.Compute(SpirvOpcode.Phi, word, seed, body, mixed, next);
        uint goesOn = code.Compute(SpirvOpcode.ULessThan, boolean, round, rounds);
        code.Emit(SpirvOpcode.LoopMerge, after, next, 0);
        code.Emit(SpirvOpcode.BranchConditional, goesOn, step, after);

        code.Emit(SpirvOpcode.Label, step);
        uint product = code.Compute(SpirvOpcode.IMul, word, x, multiplier);
        uint sum = code.Compute(SpirvOpcode.IAdd, word, product, increment);
        code.Emit(SpirvOpcode.IAdd, word, mixed, sum, index);
        code.Emit(SpirvOpcode.Branch, next);

        code.Emit(SpirvOpcode.Label, next);
        code.Emit(SpirvOpcode.IAdd, word, nextRound, round, one);
        code.Emit(SpirvOpcode.Branch, header);

        code.Emit(SpirvOpcode.Label, after);
        uint place = code.Compute(SpirvOpcode.AccessChain, wordPointer, buffer, zero, index);
        code.Emit(SpirvOpcode.Store, place, x);
        code.Emit(SpirvOpcode.Branch, end);

        code.Emit(SpirvOpcode.Label, end);
        code.Emit(SpirvOpcode.Return);
        code.Emit(SpirvOpcode.FunctionEnd);
        return code.ToWords();

        uint Push(uint member)
        {
            uint pointer = code.Compute(SpirvOpcode.AccessChain, pushWordPointer, push, member);
            return code.Compute(SpirvOpcode.Load, word, pointer);
        }
    }
}
