// SPDX-License-Identifier: MIT
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers.Flow;

/// <summary>A place in a control flow graph: an operation, and the statement of which block it is part of.</summary>
internal readonly struct FlowPoint(ControlFlowGraph graph, BasicBlock block, int index, IOperation operation)
{
    internal ControlFlowGraph Graph { get; } = graph;

    internal BasicBlock Block { get; } = block;

    /// <summary>Gets the number of the statement; the condition at the end of the block comes after all of them.</summary>
    internal int Index { get; } = index;

    internal IOperation Operation { get; } = operation;

    internal bool IsCondition => Index == Block.Operations.Length;

    /// <summary>Gets every operation of a graph, of its lambdas and of its local functions, with its place.</summary>
    internal static IEnumerable<FlowPoint> All(ControlFlowGraph graph)
    {
        foreach (BasicBlock block in graph.Blocks)
        {
            for (int index = 0; index <= block.Operations.Length; index++)
            {
                IOperation? statement = index < block.Operations.Length ? block.Operations[index] : block.BranchValue;
                if (statement is null || !block.IsReachable)
                {
                    continue;
                }
                foreach (IOperation operation in statement.DescendantsAndSelf())
                {
                    yield return new FlowPoint(graph, block, index, operation);
                    if (operation is IFlowAnonymousFunctionOperation lambda)
                    {
                        foreach (FlowPoint inner in All(graph.GetAnonymousFunctionControlFlowGraph(lambda)))
                        {
                            yield return inner;
                        }
                    }
                }
            }
        }
        foreach (IMethodSymbol function in graph.LocalFunctions)
        {
            foreach (FlowPoint inner in All(graph.GetLocalFunctionControlFlowGraph(function)))
            {
                yield return inner;
            }
        }
    }
}
