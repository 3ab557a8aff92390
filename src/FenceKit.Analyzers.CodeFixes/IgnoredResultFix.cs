// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace FenceKit.Analyzers.CodeFixes;

/// <summary>FK0002: a result that is true or false is tested, any other is discarded where everybody sees it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(IgnoredResultFix)), Shared]
public sealed class IgnoredResultFix : RuleFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [IgnoredResult.Id];

    internal override IEnumerable<Offer> Offers(SyntaxNode node, SemanticModel model)
    {
        if (node.FirstAncestorOrSelf<ExpressionStatementSyntax>() is not { } statement)
        {
            yield break;
        }
        ExpressionSyntax dropped = statement.Expression.WithoutTrivia();
        // True of MustRetry asks to begin again; code that ignores that wants more than an exception.
        if (model.GetTypeInfo(statement.Expression).Type?.SpecialType == SpecialType.System_Boolean
            && model.GetSymbolInfo(node).Symbol is IMethodSymbol { Name: not "MustRetry" } method)
        {
            ExpressionSyntax refused = SyntaxFactory.PrefixUnaryExpression(SyntaxKind.LogicalNotExpression, dropped);
            StatementSyntax thrown = SyntaxFactory.ParseStatement($"throw new System.InvalidOperationException(\"{method.Name} was refused.\");");
            yield return new Offer(
                "Throw when it is refused", statement,
                SyntaxFactory.IfStatement(refused, Block([thrown])).WithTriviaFrom(statement).WithAdditionalAnnotations(Formatter.Annotation));
        }
        AssignmentExpressionSyntax discard = SyntaxFactory.AssignmentExpression(SyntaxKind.SimpleAssignmentExpression, SyntaxFactory.IdentifierName("_"), dropped);
        yield return new Offer(
            "Discard the result where everybody sees it", statement,
            statement.WithExpression(discard).WithTriviaFrom(statement).WithAdditionalAnnotations(Formatter.Annotation));
    }
}
