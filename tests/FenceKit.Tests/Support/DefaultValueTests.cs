// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Runtime.CompilerServices;
using FenceKit.Tests.Invalidation;

namespace FenceKit.Tests;

/// <summary>
/// A struct can always be a default value, by mistake. Then each member does what makes sense, or throws an exception that says what is
/// wrong; never a NullReferenceException.
/// </summary>
public sealed class DefaultValueTests
{
    public static TheoryData<Type> Structs =>
    [
        .. typeof(Fence).Assembly.GetExportedTypes()
            .Where(type => type is { IsValueType: true, IsEnum: false, IsByRefLike: false })
            .Select(type => type.IsGenericTypeDefinition ? type.MakeGenericType([.. type.GetGenericArguments().Select(_ => typeof(int))]) : type),
    ];

    [Theory]
    [MemberData(nameof(Structs))]
    public void No_member_of_a_default_value_meets_a_null(Type type)
    {
        foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            if (method.ReturnType.IsByRefLike || method.GetParameters().Any(parameter => parameter.ParameterType.IsByRefLike || parameter.ParameterType.IsPointer))
            {
                continue; // reflection can neither hand in a span nor take one
            }

            MethodInfo callable = method.IsGenericMethodDefinition
                ? method.MakeGenericMethod([.. method.GetGenericArguments().Select(_ => typeof(object))])
                : method;
            object self = RuntimeHelpers.GetUninitializedObject(type);
            object?[] arguments = [.. callable.GetParameters().Select(Argument)];
            try
            {
                callable.Invoke(self, arguments);
            }
            catch (TargetInvocationException thrown) when (thrown.InnerException is not NullReferenceException)
            {
                // says what is wrong
            }
            catch (TargetInvocationException thrown)
            {
                Assert.Fail($"{type.Name}.{method.Name} of a default value: {thrown.InnerException}");
            }
        }
    }

    [Fact]
    public void A_reader_that_was_never_made_says_so()
    {
        Assert.Contains("GetReader", Assert.Throws<InvalidOperationException>(() => default(GateReader).Enter().Dispose()).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => default(GateReader).Enter(AddressRange.All).Dispose());
        Assert.Throws<InvalidOperationException>(() => default(GateReader).TryEnter(AddressRange.All, TimeSpan.Zero, out _));
        Assert.Equal("no reader", default(GateReader).ToString());
    }

    [Fact]
    public void A_scope_that_was_never_opened_closes_nothing()
    {
        default(ReaderScope).Dispose();
        default(PopulateScope).Dispose();
        default(FenceContractScope).Dispose();
        default(ReaderLease).Dispose();
        default(ReaderLease).BeginSignaling().Dispose();
        default(InvalidationSession).BeginSignaling().Dispose();
        Assert.False(default(FenceReservationEnumerator).MoveNext());
    }

    private static object? Argument(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
        return type == typeof(Action) ? static () => { }
            : type == typeof(string) ? "text"
            : type.IsValueType ? Activator.CreateInstance(type)
            : type == typeof(object) ? new object()
            : parameter.HasDefaultValue ? parameter.DefaultValue
            : type == typeof(FenceCallback) ? new RecordingCallback()
            : null;
    }
}
