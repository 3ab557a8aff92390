// SPDX-License-Identifier: MIT
using System.Reflection;

namespace FenceKit.Lockdep.Tests.Validator;

/// <summary>Every public method and constructor that takes something that must not be null names it when it is.</summary>
public sealed class NullArgumentTests
{
    private static readonly LockValidator s_validator = new();
    private static readonly LockClass s_class = LockClass.Create("A");

    private static readonly object[] s_values =
    [
        s_validator, s_class, new LockMap(s_class), new TrackedLock(s_class), new TrackedReaderWriterLock(s_class), new TrackedSemaphore(s_class),
        s_validator.Acquire(new LockMap(s_class)), s_validator.DefineContext("K"), new CollectingSink(), LockViolationSink.ToCallback(static _ => { }),
        LockViolationSink.ToEventSource, LockViolationSink.FailFast(), LockReport.Create(s_validator, []), LockOrderSnapshot.Empty, LockSite.Here(),
        new Action<LockViolation>(static _ => { }), "text", new object(),
    ];

    [Fact]
    public void Null_is_refused_by_name_wherever_it_is_not_allowed()
    {
        var wrong = new List<string>();
        int tried = 0;
        foreach (MethodBase member in Members())
        {
            ParameterInfo[] parameters = member.GetParameters();
            foreach (ParameterInfo parameter in parameters.Where(MustNotBeNull))
            {
                object?[] arguments = [.. parameters.Select(other => other == parameter ? null : ValueOf(other))];
                object? target = member.IsStatic || member is ConstructorInfo ? null : Instance(member.DeclaringType!);
                if (!member.IsStatic && member is MethodInfo && target is null)
                {
                    continue;
                }

                tried++;
                Exception? thrown = Record.Exception(() => member is ConstructorInfo constructor ? constructor.Invoke(arguments) : member.Invoke(target, arguments));
                if (thrown?.InnerException is not ArgumentNullException error || (error.ParamName != parameter.Name && error.ParamName != "value"))
                {
                    wrong.Add($"{member.DeclaringType!.Name}.{member.Name}({parameter.Name}): {thrown?.InnerException?.GetType().Name ?? "accepted"}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(tried > 40, $"{tried} tried");
    }

    private static IEnumerable<MethodBase> Members()
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (Type type in typeof(LockValidator).Assembly.GetExportedTypes().Where(static type => !type.IsByRefLike && !type.IsValueType && !type.IsSubclassOf(typeof(Delegate))))
        {
            bool isRecord = type.GetMethod("<Clone>$") is not null;
            foreach (MethodBase member in type.GetMethods(all).Cast<MethodBase>().Concat(type.GetConstructors()))
            {
                // The compiler writes the members of a record, and the init accessors of options are checked when they are used.
                if (!isRecord && !type.IsInterface && !member.Name.StartsWith("set_", StringComparison.Ordinal) && !member.ContainsGenericParameters && member is not MethodInfo { ReturnType.IsByRefLike: true })
                {
                    yield return member;
                }
            }
        }
    }

    private static bool MustNotBeNull(ParameterInfo parameter) => !parameter.ParameterType.IsValueType && !parameter.ParameterType.IsByRef
        && new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.NotNull
        && parameter.Member.Name != nameof(Equals);

    private static object? Instance(Type type) => Array.Find(s_values, type.IsInstanceOfType);

    private static object? ValueOf(ParameterInfo parameter)
    {
        Type type = parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
        return parameter.HasDefaultValue && !type.IsValueType ? parameter.DefaultValue
            : type == typeof(int) ? 1
            : type.IsValueType ? Activator.CreateInstance(type)
            : type == typeof(IEnumerable<LockViolation>) ? Array.Empty<LockViolation>()
            : Array.Find(s_values, type.IsInstanceOfType);
    }
}
