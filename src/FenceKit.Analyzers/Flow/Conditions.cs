// SPDX-License-Identifier: MIT
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers.Flow;

/// <summary>Which way a path goes for the answer of a call.</summary>
internal static class Conditions
{
    /// <summary>Finds the two ways out of a block whose condition is the answer of a call, as it is, negated or compared with a literal.</summary>
    internal static bool TryGetEdges(FlowPoint call, out ControlFlowBranch? whenTrue, out ControlFlowBranch? whenFalse)
    {
        whenTrue = whenFalse = null;
        if (!call.IsCondition || Truth(call.Block.BranchValue!, call.Operation) is not { } truth)
        {
            return false;
        }
        SetEdges(call.Block, truth, out whenTrue, out whenFalse);
        return true;
    }

    /// <summary>Finds the way that is taken when the answer of a call is not a certain value of its enumeration.</summary>
    internal static ControlFlowBranch? EdgeOfOthers(FlowPoint call, string value)
    {
        if (!call.IsCondition)
        {
            return null;
        }
        IOperation condition = call.Block.BranchValue!;
        bool isEqual = true;
        while (condition is IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } not)
        {
            condition = not.Operand;
            isEqual = !isEqual;
        }
        switch (condition)
        {
            case IBinaryOperation { OperatorKind: BinaryOperatorKind.Equals or BinaryOperatorKind.NotEquals } comparison:
                IOperation other = Contains(comparison.LeftOperand, call.Operation) ? comparison.RightOperand : comparison.LeftOperand;
                if (!IsNamed(other, value))
                {
                    return null;
                }
                isEqual ^= comparison.OperatorKind == BinaryOperatorKind.NotEquals;
                break;
            case IIsPatternOperation test:
                IPatternOperation pattern = test.Pattern;
                if (pattern is INegatedPatternOperation negated)
                {
                    pattern = negated.Pattern;
                    isEqual = !isEqual;
                }
                if (pattern is not IConstantPatternOperation constant || !IsNamed(constant.Value, value))
                {
                    return null;
                }
                break;
            default:
                return null;
        }
        SetEdges(call.Block, isEqual, out _, out ControlFlowBranch? others);
        return others;
    }

    private static void SetEdges(BasicBlock block, bool truth, out ControlFlowBranch? whenTrue, out ControlFlowBranch? whenFalse)
    {
        bool isJumpWhenTrue = (block.ConditionKind == ControlFlowConditionKind.WhenTrue) == truth;
        whenTrue = isJumpWhenTrue ? block.ConditionalSuccessor : block.FallThroughSuccessor;
        whenFalse = isJumpWhenTrue ? block.FallThroughSuccessor : block.ConditionalSuccessor;
    }

    // Null where the condition says something else than the answer of the call.
    private static bool? Truth(IOperation condition, IOperation call) => condition switch
    {
        _ when condition == call => true,
        IParenthesizedOperation parenthesized => Truth(parenthesized.Operand, call),
        IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } not => !Truth(not.Operand, call),
        IBinaryOperation { OperatorKind: BinaryOperatorKind.Equals, RightOperand.ConstantValue: { HasValue: true, Value: bool value } } comparison =>
            Truth(comparison.LeftOperand, call) == value,
        IBinaryOperation { OperatorKind: BinaryOperatorKind.NotEquals, RightOperand.ConstantValue: { HasValue: true, Value: bool value } } comparison =>
            Truth(comparison.LeftOperand, call) != value,
        IIsPatternOperation { Pattern: IConstantPatternOperation { Value.ConstantValue: { HasValue: true, Value: bool value } } } test =>
            Truth(test.Value, call) == value,
        _ => null,
    };

    private static bool Contains(IOperation whole, IOperation part) => whole.DescendantsAndSelf().Contains(part);

    private static bool IsNamed(IOperation operation, string value) => Operations.Unwrap(operation) is IFieldReferenceOperation { Field.Name: { } name } && name == value;
}
