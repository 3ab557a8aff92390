// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FenceKit.Analyzers.CodeFixes;

/// <summary>FK0001: <c>lock (x)</c> becomes <c>using (x.EnterScope())</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(EnterScopeFix)), Shared]
public sealed class EnterScopeFix : RuleFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [MonitorOfTrackedLock.Id];

    internal override IEnumerable<Offer> Offers(SyntaxNode node, SemanticModel model)
    {
        // The other locks have no scope of one word: whether to read or to write is for the author to say.
        if (node.FirstAncestorOrSelf<LockStatementSyntax>() is not { } statement || !statement.Expression.Span.Contains(node.Span)
            || model.GetTypeInfo(statement.Expression).Type?.Name != "TrackedLock")
        {
            yield break;
        }
        ExpressionSyntax enter = SyntaxFactory.InvocationExpression(
            SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, statement.Expression.WithoutTrivia(), SyntaxFactory.IdentifierName("EnterScope")));
        yield return new Offer("Enter the lock with EnterScope", statement, Using(enter, statement.Statement).WithTriviaFrom(statement));
    }
}
