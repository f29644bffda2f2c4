namespace WhatsApp.Deploy.Tests;

/// <summary>One line of a Dockerfile, continued lines joined.</summary>
internal sealed record Instruction(string Name, string Rest)
{
    /// <summary>Words without options such as --from=build.</summary>
    public string[] Words => [.. Rest.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => !word.StartsWith("--", StringComparison.Ordinal))];
}

/// <summary>FROM and what follows.</summary>
internal sealed record Stage(string Name, string From, List<Instruction> Instructions)
{
    public IEnumerable<Instruction> Of(string name) => Instructions.Where(instruction => instruction.Name == name);
}

/// <summary>A Dockerfile, read strictly.</summary>
internal sealed class Dockerfile
{
    private static readonly string[] Known = ["ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "VOLUME", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"];

    /// <exception cref="FormatException">A line that is no instruction of ours.</exception>
    public Dockerfile(string text)
    {
        foreach (var instruction in Instructions(text))
            if (!Known.Contains(instruction.Name))
                throw new FormatException($"unknown instruction {instruction.Name}");
            else if (instruction.Name == "FROM")
                Stages.Add(instruction.Words is [var from, "AS", var name] ? new Stage(name, from, []) : throw new FormatException($"FROM {instruction.Rest}"));
            else if (Stages.Count > 0)
                Stages[^1].Instructions.Add(instruction);
            else if (instruction.Name == "ARG" && instruction.Rest.Split('=', 2) is [var name, var value])
                Arguments[name] = value;
            else
                throw new FormatException($"{instruction.Name} before the first FROM");
    }

    public Dictionary<string, string> Arguments { get; } = [];

    public List<Stage> Stages { get; } = [];

    /// <summary>A stage's own instructions after those of the stages it stands on.</summary>
    public IEnumerable<Instruction> Whole(Stage stage) =>
        (Stages.Find(below => below.Name == stage.From) is { } parent ? Whole(parent) : []).Concat(stage.Instructions);

    private static IEnumerable<Instruction> Instructions(string text)
    {
        var lines = text.Split('\n').Where(line => line.Length > 0 && line[0] != '#');
        foreach (var line in string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
            yield return line.Split(' ', 2) is [var name, var rest] ? new Instruction(name, rest.Trim()) : throw new FormatException(line);
    }
}
