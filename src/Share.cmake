# Completion scripts and manual pages, written by the programs themselves into the build tree as they are installed:
# share/man/man1, share/bash-completion/completions, share/zsh/site-functions, share/fish/vendor_completions.d.
set(HCB_SHARE ${PROJECT_BINARY_DIR}/share CACHE INTERNAL "Completion scripts and manual pages")
set(hcb_share_files)

function(hcb_share program word file)
  add_custom_command(OUTPUT ${HCB_SHARE}/${file} DEPENDS ${program}
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${program}> -DWORD=${word} -DFILE=${HCB_SHARE}/${file}
            -P ${CMAKE_CURRENT_SOURCE_DIR}/ShareFile.cmake VERBATIM)
  set(hcb_share_files ${hcb_share_files} ${HCB_SHARE}/${file} PARENT_SCOPE)
endfunction()

foreach(program hcb hcb-run)
  hcb_share(${program} man man/man1/${program}.1)
  hcb_share(${program} bash bash-completion/completions/${program})
  hcb_share(${program} zsh zsh/site-functions/_${program})
  hcb_share(${program} fish fish/vendor_completions.d/${program}.fish)
endforeach()
add_custom_target(share ALL DEPENDS ${hcb_share_files})
