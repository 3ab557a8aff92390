// SPDX-License-Identifier: MIT
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers.Flow;

/// <summary>Asks whether something can be reached from a place in a method without passing what puts it in order.</summary>
/// <remarks>
/// An exception that leaves the method is no path: nothing can be demanded of code that any call might end. One that is caught inside is,
/// unless the rule says otherwise.
/// </remarks>
internal sealed class FlowSearch(ControlFlowGraph graph, Func<IOperation, FlowStep> look, bool findsExit = false, bool followsHandlers = true)
{
    private readonly HashSet<int> _seen = [];
    private readonly Stack<BasicBlock> _open = new();
    private IOperation? _found;

    /// <summary>Gets the operation that was found, or null where it was the end of the method.</summary>
    internal IOperation? FoundOperation => _found;

    /// <summary>Searches from behind the statement of a place.</summary>
    internal bool From(FlowPoint point) => Walk(point.Block, point.Index + 1) || Rest();

    /// <summary>Searches from an edge.</summary>
    internal bool From(ControlFlowBranch edge) => Follow(edge) || Rest();

    private bool Rest()
    {
        while (_open.Count > 0)
        {
            if (Walk(_open.Pop(), 0))
            {
                return true;
            }
        }
        return false;
    }

    private bool Walk(BasicBlock block, int index)
    {
        for (int i = index; i <= block.Operations.Length; i++)
        {
            IOperation? statement = i < block.Operations.Length ? block.Operations[i] : block.BranchValue;
            if (statement is null)
            {
                continue;
            }
            switch (Look(statement))
            {
                case FlowStep.Found:
                    return true;
                case FlowStep.Stop:
                    return false;
                default:
                    if (followsHandlers && MayThrow(statement))
                    {
                        OpenHandlers(block);
                    }
                    break;
            }
        }
        // The graph has an edge out of while (true) as well.
        if (block.ConditionKind != ControlFlowConditionKind.None && block.BranchValue?.ConstantValue is { HasValue: true, Value: bool value })
        {
            return Follow((block.ConditionKind == ControlFlowConditionKind.WhenTrue) == value ? block.ConditionalSuccessor : block.FallThroughSuccessor);
        }
        return Follow(block.FallThroughSuccessor) || Follow(block.ConditionalSuccessor);
    }

    // Operands come before what is done with them.
    private FlowStep Look(IOperation operation)
    {
        foreach (IOperation child in operation.ChildOperations)
        {
            FlowStep step = Look(child);
            if (step != FlowStep.GoOn)
            {
                return step;
            }
        }
        FlowStep own = look(operation);
        if (own == FlowStep.Found)
        {
            _found = operation;
        }
        return own;
    }

    private bool Follow(ControlFlowBranch? edge)
    {
        if (edge is null)
        {
            return false;
        }
        foreach (ControlFlowRegion region in edge.FinallyRegions)
        {
            for (int ordinal = region.FirstBlockOrdinal; ordinal <= region.LastBlockOrdinal; ordinal++)
            {
                foreach (IOperation statement in graph.Blocks[ordinal].Operations)
                {
                    FlowStep step = Look(statement);
                    if (step != FlowStep.GoOn)
                    {
                        return step == FlowStep.Found;
                    }
                }
                if (graph.Blocks[ordinal].BranchValue is { } value && Look(value) is FlowStep.Stop)
                {
                    return false;
                }
            }
        }
        if (edge.Destination is not { } next)
        {
            return false;
        }
        if (next.Kind == BasicBlockKind.Exit)
        {
            return findsExit;
        }
        Open(next);
        return false;
    }

    private void Open(BasicBlock block)
    {
        if (_seen.Add(block.Ordinal))
        {
            _open.Push(block);
        }
    }

    private void OpenHandlers(BasicBlock block)
    {
        for (ControlFlowRegion? region = block.EnclosingRegion; region is not null; region = region.EnclosingRegion)
        {
            if (region.Kind != ControlFlowRegionKind.Try || region.EnclosingRegion is not { Kind: ControlFlowRegionKind.TryAndCatch } whole)
            {
                continue;
            }
            foreach (ControlFlowRegion handler in whole.NestedRegions)
            {
                if (handler.Kind is ControlFlowRegionKind.Catch or ControlFlowRegionKind.FilterAndHandler)
                {
                    Open(graph.Blocks[handler.FirstBlockOrdinal]);
                }
            }
        }
    }

    private static bool MayThrow(IOperation statement) =>
        statement.DescendantsAndSelf().Any(operation => operation is IInvocationOperation or IObjectCreationOperation or IPropertyReferenceOperation or IAwaitOperation);
}
