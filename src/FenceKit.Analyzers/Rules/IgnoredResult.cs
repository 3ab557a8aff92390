// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>FK0002: what did not happen is said by the result, and by nothing else.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class IgnoredResult : RuleAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "FK0002";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id, "The result of a wait or a try decides",
        "The result of '{0}' is ignored, and nothing else says whether {1}",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: HelpLinks.For(Id));

    private static readonly Dictionary<string, string> s_meanings = new()
    {
        ["Wait"] = "it came to an end, and to which",
        ["WaitAsync"] = "it came to an end, and to which",
        ["WaitAny"] = "one of them came to an end, and which",
        ["WaitAnyAsync"] = "one of them came to an end, and which",
        ["WaitAll"] = "all of them came to an end, and how",
        ["WaitAllAsync"] = "all of them came to an end, and how",
        ["TryWait"] = "the range is free",
        ["TrySchedule"] = "the session was begun",
        ["TryAddCallback"] = "the callback will be called",
        ["TryEnter"] = "it was entered",
        ["TryEnterAsync"] = "it was entered",
        ["TryEnterReadLock"] = "it was entered",
        ["TryEnterUpgradeableReadLock"] = "it was entered",
        ["TryEnterWriteLock"] = "it was entered",
        ["TryGetLease"] = "the reader is inside",
        ["TryBeginRead"] = "the range can be read",
        ["BeginRead"] = "the range can be read",
        ["BeginReadAsync"] = "the range can be read",
        ["TryPopulate"] = "the mapping may be published",
        ["MustRetry"] = "the mapping may be published",
        ["TryTakeTurn"] = "the turn was taken",
        ["TryRent"] = "a fence was rented",
        ["TryArm"] = "the array was armed",
        ["TrySubmit"] = "the command was accepted",
        ["TryWatch"] = "the fence is watched",
        ["TryLock"] = "the lock is held",
        ["Lock"] = "the lock is held",
        ["LockAsync"] = "the lock is held",
        ["LockSlow"] = "the lock is held",
        ["LockSlowAsync"] = "the lock is held",
    };

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    internal override void Register(CompilationStartAnalysisContext context, KnownTypes types) =>
        context.RegisterOperationAction(operation => Look(operation, types), OperationKind.ExpressionStatement);

    // A semaphore that is waited for without a limit has one answer only.
    private static bool IsWithoutLimit(IMethodSymbol method) =>
        method.ContainingType.Name == "TrackedSemaphore" && !method.Parameters.Any(static parameter => parameter.Name is "timeout" or "millisecondsTimeout");

    private static void Look(OperationAnalysisContext context, KnownTypes types)
    {
        // A lambda of one expression may be a function to its caller, and a discard says that nobody wants to know.
        if (context.Operation.Syntax is not (ExpressionStatementSyntax or { Parent: ArrowExpressionClauseSyntax }))
        {
            return;
        }
        IOperation dropped = ((IExpressionStatementOperation)context.Operation).Operation;
        if (Operations.Unwrap(dropped) is not IInvocationOperation { TargetMethod: { ReturnsVoid: false } method } call
            || (dropped.Type?.SpecialType == SpecialType.System_Void)
            || !types.IsOwn(method.OriginalDefinition)
            || !s_meanings.TryGetValue(method.Name, out string? meaning)
            || IsWithoutLimit(method))
        {
            return;
        }
        Location location = call.Syntax is InvocationExpressionSyntax invocation ? invocation.GetLocation() : dropped.Syntax.GetLocation();
        context.ReportDiagnostic(Diagnostic.Create(s_rule, location, $"{method.ContainingType.Name}.{method.Name}", meaning));
    }
}
