// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace FenceKit.Analyzers.CodeFixes;

/// <summary>FK0003: what must end comes into a <c>using</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(DisposeScopeFix)), Shared]
public sealed class DisposeScopeFix : RuleFix
{
    private const string Title = "End it with using";

    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [UndisposedScope.Id];

    internal override IEnumerable<Offer> Offers(SyntaxNode node, SemanticModel model)
    {
        Offer? offer = node.FirstAncestorOrSelf<StatementSyntax>() switch
        {
            LocalDeclarationStatementSyntax { Declaration.Variables.Count: 1 } declaration => Declare(declaration),
            IfStatementSyntax decision when decision.Condition.Span.Contains(node.Span) => Wrap(decision, node),
            ExpressionStatementSyntax statement => ExchangeRest(Title, statement, rest => [UseRest(statement, rest)]),
            _ => null,
        };
        if (offer is not null)
        {
            yield return offer;
        }
    }

    private static Offer Declare(LocalDeclarationStatementSyntax declaration)
    {
        SyntaxToken keyword = SyntaxFactory.Token(SyntaxKind.UsingKeyword).WithTrailingTrivia(SyntaxFactory.Space).WithLeadingTrivia(declaration.GetLeadingTrivia());
        return new Offer(Title, declaration, declaration.WithoutLeadingTrivia().WithUsingKeyword(keyword));
    }

    private static UsingStatementSyntax UseRest(ExpressionStatementSyntax statement, IEnumerable<StatementSyntax> rest) =>
        Using(statement.Expression is AssignmentExpressionSyntax discard ? discard.Right : statement.Expression, Block(rest)).WithLeadingTrivia(statement.GetLeadingTrivia());

    // What follows a success is its branch, or what comes after the branch of the refusal.
    private static Offer? Wrap(IfStatementSyntax decision, SyntaxNode call)
    {
        if (call.FirstAncestorOrSelf<InvocationExpressionSyntax>() is not { } invocation || Handle(invocation) is not { } handle)
        {
            return null;
        }
        if (decision.Condition == invocation)
        {
            IEnumerable<StatementSyntax> body = decision.Statement is BlockSyntax block ? block.Statements : [decision.Statement];
            return new Offer(Title, decision, decision.WithStatement(Block([Using(handle, Block(body))])).WithAdditionalAnnotations(Formatter.Annotation));
        }
        return decision.Condition is PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalNotExpression } not && not.Operand == invocation && decision.Else is null
            ? ExchangeRest(Title, decision, rest => [decision, Using(handle, Block(rest))])
            : null;
    }

    private static IdentifierNameSyntax? Handle(InvocationExpressionSyntax invocation)
    {
        foreach (ArgumentSyntax argument in invocation.ArgumentList.Arguments)
        {
            if (argument.RefKindKeyword.IsKind(SyntaxKind.OutKeyword)
                && argument.Expression is DeclarationExpressionSyntax { Designation: SingleVariableDesignationSyntax variable })
            {
                return SyntaxFactory.IdentifierName(variable.Identifier.WithoutTrivia());
            }
        }
        return null;
    }
}
