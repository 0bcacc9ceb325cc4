namespace Kappa.Cli.Completion;

/// <summary>What shells read. Each script hands the words before the cursor to <c>kappa complete</c> and shows what it answers; a candidate
/// that ends with =, / or ( is not finished, so no space follows it.</summary>
internal static class ShellScripts
{
    private const string Program = "@kappa@";

    /// <summary>bash, from 3.2 on. Its own words break at = and (, so the line is taken apart anew, and what it would not replace is cut
    /// off each candidate. What it can write as $'…' alone is left out: between double quotes that would be carried out.</summary>
    public const string Bash = """
        _kappa() {
            local line="${COMP_LINE:0:COMP_POINT}" candidate quoted word
            local -a words
            IFS=$' \t\n' read -ra words <<<"$line"
            [[ $line == *[[:space:]] ]] && words+=('')
            word="${words[${#words[@]}-1]#[\"\']}"
            words[${#words[@]}-1]="$word"
            COMPREPLY=()
            while IFS=$'\t' read -r candidate _; do
                printf -v quoted %q "${candidate:$((${#word} - ${#2}))}"
                [[ -z $candidate || $quoted == \$\'* ]] || COMPREPLY+=("$quoted")
            done < <(@kappa@ complete -- "${words[@]:1}" 2>/dev/null)
            case "${COMPREPLY[0]-}" in *=|*/|*\() compopt -o nospace 2>/dev/null ;; esac
            return 0
        }
        complete -F _kappa kappa

        """;

    /// <summary>zsh.</summary>
    public const string Zsh = """
        #compdef kappa
        _kappa() {
            local line word
            local -a finished finished_shown open open_shown
            for line in "${(@f)$(@kappa@ complete -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
                word="${line%%$'\t'*}"
                [[ -n $word ]] || continue
                case "$word" in
                    *=|*/|*\() open+=("$word"); open_shown+=("${line/$'\t'/  }") ;;
                    *) finished+=("$word"); finished_shown+=("${line/$'\t'/  }") ;;
                esac
            done
            (( $#open )) && compadd -S '' -l -d open_shown -a open
            (( $#finished )) && compadd -l -d finished_shown -a finished
            return 0
        }
        (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
        compdef _kappa kappa

        """;

    /// <summary>fish.</summary>
    public const string Fish = """
        function __kappa_complete
            set -l words (commandline -opc)
            set -l word (commandline -ct)
            @kappa@ complete -- $words[2..-1] "$word" 2>/dev/null
        end
        complete -c kappa -f -a '(__kappa_complete)'

        """;

    /// <summary>PowerShell, from 5.1 on, which passes no empty word on.</summary>
    public const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName kappa -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
                Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { "$_" })
            $words += $(if ("$wordToComplete" -eq '') { '""' } else { "$wordToComplete" })
            & @kappa@ complete -- @words 2>$null | ForEach-Object {
                $value, $text = $_ -split "`t", 2
                $quoted = if ($value -match '^[A-Za-z0-9_./:\\=+-]+$') { $value }
                    else { "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($value) + "'" }
                $tip = if ($text) { $text } else { $value }
                [System.Management.Automation.CompletionResult]::new($quoted, $value, 'ParameterValue', $tip)
            }
        }

        """;

    /// <summary>A script that calls a command.</summary>
    /// <param name="script">One of the above.</param>
    /// <param name="command">What starts Kappa, from any folder.</param>
    public static string For(string script, string command) => script.Replace(Program, command, StringComparison.Ordinal);
}
